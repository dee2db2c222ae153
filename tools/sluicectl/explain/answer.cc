// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/answer.h"

#include <memory>

#include "absl/strings/numbers.h"
#include "tools/sluicectl/explain/compiled_gateway.h"
#include "tools/sluicectl/explain/gateway_source.h"
#include "tools/sluicectl/explain/request_text.h"

namespace sluice::sluicectl {
namespace {

constexpr size_t kDefaultLimit = 50;

// The objects that policies of the found route are among; null once what went wrong is told.
std::shared_ptr<const store::ObjectSet> ObjectsFor(const Explanation& told,
                                                   const GatewaySet& gateways,
                                                   const Invocation& invocation, Streams& streams,
                                                   ExitCode* exit_code) {
  if (gateways.objects != nullptr) return gateways.objects;
  if (!HasPolicyFilters(told)) return std::make_shared<store::ObjectSet>();
  return ReadPolicyObjects(invocation, streams, told.gateway, told.route, exit_code);
}

}  // namespace

std::optional<Answer> AnswerRequest(const Invocation& invocation, Streams& streams,
                                    ExitCode* exit_code) {
  *exit_code = ExitCode::kUsage;
  const absl::StatusOr<RequestText> request = ParseRequestText(
      invocation.arguments()[0], invocation.arguments()[1], invocation.All("header"));
  if (!request.ok()) {
    streams.err << "sluicectl: " << request.status().message() << "\n";
    return std::nullopt;
  }
  size_t limit = kDefaultLimit;
  if (invocation.Has("limit") && !absl::SimpleAtoi(invocation.Get("limit"), &limit)) {
    streams.err << "sluicectl: --limit must be a number\n";
    return std::nullopt;
  }
  GatewaySet gateways;
  if (!ReadGateways(invocation, streams, &gateways, exit_code)) return std::nullopt;
  for (const GatewayResources& gateway : gateways.gateways) {
    const CompiledGateway compiled = CompileGateway(gateway.resources);
    for (const std::string& problem : compiled.problems) {
      streams.err << "warning: a proxy would refuse " << problem << "\n";
    }
    std::optional<Explanation> told = ExplainRequest(gateway.name, compiled, *request, limit);
    if (!told.has_value()) continue;
    Answer answer{.told = *std::move(told)};
    if (answer.told.is_found) {
      const auto objects = ObjectsFor(answer.told, gateways, invocation, streams, exit_code);
      if (objects == nullptr) return std::nullopt;
      answer.chain = ExplainChain(*objects, answer.told, request->port);
    }
    *exit_code = answer.told.is_found ? ExitCode::kOk : ExitCode::kDiffers;
    return answer;
  }
  streams.err << "sluicectl: no Gateway listens on port " << request->port << "\n";
  *exit_code = ExitCode::kDiffers;
  return std::nullopt;
}

}  // namespace sluice::sluicectl
