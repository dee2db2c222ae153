// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/sluicectl/explain/answer.h"
#include "tools/sluicectl/explain/explanation.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

using Json = nlohmann::ordered_json;

Json PoliciesOf(const Answer& answer) {
  Json out = Json::array();
  for (const ExplainedFilter& filter : answer.chain) {
    if (filter.policy.empty()) continue;
    out.push_back({{"filter", filter.filter},
                   {"policy", filter.policy},
                   {"from", filter.from},
                   {"mode", filter.mode}});
  }
  return out;
}

std::string ToJson(const Answer& answer) {
  const Explanation& told = answer.told;
  Json out{{"gateway", told.gateway},
           {"listener", told.listener},
           {"filterChain", told.filter_chain},
           {"found", told.is_found},
           {"virtualHost", told.virtual_host},
           {"route", told.route},
           {"action", told.action},
           {"path", told.path},
           {"host", told.host},
           {"timeoutMs", told.timeout_ms},
           {"retries", told.retries},
           {"filters", told.filters},
           {"policies", PoliciesOf(answer)},
           {"mirrors", told.mirrors}};
  if (!told.refusal.empty()) out["refusal"] = told.refusal;
  out["clusters"] = Json::array();
  for (const ExplainedCluster& cluster : told.clusters) {
    Json endpoints = Json::array();
    for (const ExplainedEndpoint& endpoint : cluster.endpoints) {
      endpoints.push_back({{"address", endpoint.address}, {"health", endpoint.health}});
    }
    out["clusters"].push_back({{"name", cluster.name},
                               {"percent", cluster.percent},
                               {"loadBalancing", cluster.load_balancing},
                               {"note", cluster.note},
                               {"endpoints", std::move(endpoints)}});
  }
  out["candidates"] = Json::array();
  for (const ExplainedCandidate& candidate : told.candidates) {
    out["candidates"].push_back({{"virtualHost", candidate.virtual_host},
                                 {"route", candidate.route},
                                 {"won", candidate.won},
                                 {"reason", candidate.reason}});
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void PrintCandidates(const Explanation& told, std::ostream& out) {
  if (told.candidates.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const ExplainedCandidate& candidate : told.candidates) {
    rows.push_back({candidate.won ? "*" : " ", candidate.virtual_host, candidate.route,
                    candidate.won ? "won" : candidate.reason});
  }
  out << "\n";
  PrintTable({"", "VIRTUAL HOST", "ROUTE", "WHY"}, rows, out);
  out << "\n";
}

void PrintClusters(const Explanation& told, std::ostream& out) {
  for (const ExplainedCluster& cluster : told.clusters) {
    out << absl::StrFormat("  %5.1f %%  %s", cluster.percent, cluster.name);
    if (!cluster.load_balancing.empty()) out << ", " << cluster.load_balancing;
    if (!cluster.note.empty()) out << ": " << cluster.note;
    out << "\n";
    for (const ExplainedEndpoint& endpoint : cluster.endpoints) {
      out << "           " << endpoint.address << " " << endpoint.health << "\n";
    }
  }
  for (const std::string& mirror : told.mirrors) out << "  copy to " << mirror << "\n";
}

// A policy may have several filters, one after the other; it is told once.
void PrintPolicies(const Answer& answer, std::ostream& out) {
  std::string last;
  for (const ExplainedFilter& filter : answer.chain) {
    if (filter.policy.empty()) continue;
    std::string line = absl::StrCat(filter.phase, " by ", filter.policy, " of ", filter.from,
                                    filter.mode == "Shadow" ? " (shadow: only counts)" : "");
    if (line == last) continue;
    out << "policy    " << line << "\n";
    last = std::move(line);
  }
}

void PrintText(const Answer& answer, std::ostream& out) {
  const Explanation& told = answer.told;
  out << "gateway   " << told.gateway << "\nlistener  " << told.listener << "\n";
  if (!told.refusal.empty()) {
    out << "refused   " << told.refusal << "\n";
    return;
  }
  PrintCandidates(told, out);
  if (!told.is_found) {
    out << (told.virtual_host.empty() ? "no virtual host takes the name"
                                      : absl::StrCat("no route of ", told.virtual_host, " matches"))
        << ": 404\n";
    return;
  }
  out << "route     " << told.route << "\naction    " << told.action << "\npath      " << told.path
      << "\n";
  if (!told.host.empty()) out << "host      " << told.host << "\n";
  if (!told.filters.empty()) out << "filters   " << absl::StrJoin(told.filters, ", ") << "\n";
  PrintPolicies(answer, out);
  if (told.timeout_ms > 0) out << "timeout   " << told.timeout_ms << " ms\n";
  if (told.retries > 0) out << "retries   " << told.retries << "\n";
  PrintClusters(told, out);
}

}  // namespace

ExitCode RunExplain(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  ExitCode exit_code = ExitCode::kOk;
  const std::optional<Answer> answer = AnswerRequest(invocation, streams, &exit_code);
  if (!answer.has_value()) return exit_code;
  if (*format == Format::kTable) {
    PrintText(*answer, streams.out);
  } else {
    PrintValue(ToJson(*answer), *format, streams.out);
  }
  return exit_code;
}

}  // namespace sluice::sluicectl
