// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/sluicectl/explain/compiled_gateway.h"
#include "tools/sluicectl/explain/explanation.h"
#include "tools/sluicectl/explain/gateway_source.h"
#include "tools/sluicectl/explain/request_text.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDefaultLimit = 50;

std::string ToJson(const Explanation& told) {
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

void PrintText(const Explanation& told, std::ostream& out) {
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
  if (told.timeout_ms > 0) out << "timeout   " << told.timeout_ms << " ms\n";
  if (told.retries > 0) out << "retries   " << told.retries << "\n";
  PrintClusters(told, out);
}

}  // namespace

ExitCode RunExplain(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  const absl::StatusOr<RequestText> request = ParseRequestText(
      invocation.arguments()[0], invocation.arguments()[1], invocation.All("header"));
  if (!request.ok()) {
    streams.err << "sluicectl: " << request.status().message() << "\n";
    return ExitCode::kUsage;
  }
  size_t limit = kDefaultLimit;
  if (invocation.Has("limit") && !absl::SimpleAtoi(invocation.Get("limit"), &limit)) {
    streams.err << "sluicectl: --limit must be a number\n";
    return ExitCode::kUsage;
  }
  std::vector<GatewayResources> gateways;
  ExitCode exit_code = ExitCode::kOk;
  if (!ReadGateways(invocation, streams, &gateways, &exit_code)) return exit_code;
  for (const GatewayResources& gateway : gateways) {
    const CompiledGateway compiled = CompileGateway(gateway.resources);
    for (const std::string& problem : compiled.problems) {
      streams.err << "warning: a proxy would refuse " << problem << "\n";
    }
    const std::optional<Explanation> told = ExplainRequest(gateway.name, compiled, *request, limit);
    if (!told.has_value()) continue;
    if (*format == Format::kTable) {
      PrintText(*told, streams.out);
    } else {
      PrintValue(ToJson(*told), *format, streams.out);
    }
    return told->is_found ? ExitCode::kOk : ExitCode::kDiffers;
  }
  streams.err << "sluicectl: no Gateway listens on port " << request->port << "\n";
  return ExitCode::kDiffers;
}

}  // namespace sluice::sluicectl
