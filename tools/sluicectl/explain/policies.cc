// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/sluicectl/explain/answer.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

using Json = nlohmann::ordered_json;

std::string ToJson(const Answer& answer) {
  Json out{{"gateway", answer.told.gateway},
           {"virtualHost", answer.told.virtual_host},
           {"route", answer.told.route}};
  out["chain"] = Json::array();
  for (const ExplainedFilter& filter : answer.chain) {
    out["chain"].push_back({{"phase", filter.phase},
                            {"filter", filter.filter},
                            {"policy", filter.policy},
                            {"from", filter.from},
                            {"mode", filter.mode},
                            {"overrides", filter.overrides}});
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

void PrintChain(const Answer& answer, std::ostream& out) {
  out << "route     " << answer.told.route << "\n";
  if (answer.chain.empty()) {
    out << "filters   none\n";
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const ExplainedFilter& filter : answer.chain) {
    rows.push_back({OrDash(filter.phase), filter.filter, OrDash(filter.policy), OrDash(filter.from),
                    OrDash(filter.mode), OrDash(absl::StrJoin(filter.overrides, "; "))});
  }
  out << "\n";
  PrintTable({"PHASE", "FILTER", "POLICY", "FROM", "MODE", "OVERRIDES"}, rows, out);
}

}  // namespace

ExitCode RunPolicies(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  ExitCode exit_code = ExitCode::kOk;
  const std::optional<Answer> answer = AnswerRequest(invocation, streams, &exit_code);
  if (!answer.has_value()) return exit_code;
  if (!answer->told.is_found) {
    streams.err << "sluicectl: no route takes the request; sluicectl explain says why\n";
    return exit_code;
  }
  if (*format == Format::kTable) {
    PrintChain(*answer, streams.out);
  } else {
    PrintValue(ToJson(*answer), *format, streams.out);
  }
  return exit_code;
}

}  // namespace sluice::sluicectl
