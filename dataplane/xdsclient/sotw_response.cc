// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/sotw_response.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::xdsclient {
namespace {

// A NACK names each resource until it is this long.
constexpr size_t kMaxProblemBytes = 16 * 1024;

}  // namespace

void AppendProblem(std::string_view problem, std::string& out) {
  if (problem.empty() || out.size() > kMaxProblemBytes) return;
  absl::StrAppend(&out, out.empty() ? "" : "; ", problem);
}

SotwContents ReadSotw(const envoy::service::discovery::v3::DiscoveryResponse& response,
                      ResourceType type, ResourceSink& sink) {
  SotwContents out;
  for (const google::protobuf::Any& any : response.resources()) {
    const google::protobuf::Any* inner = &any;
    envoy::service::discovery::v3::Resource wrapped;
    if (any.type_url() == "type.googleapis.com/envoy.service.discovery.v3.Resource") {
      const bool parsed = wrapped.ParseFromString(any.value());
      if (!parsed) AppendProblem("a Resource whose bytes are no such message", out.problem);
      if (!parsed || !wrapped.has_resource()) {
        out.tells_absence = false;
        continue;
      }
      inner = &wrapped.resource();
    }
    if (inner->type_url() != TypeUrl(type)) {
      AppendProblem(absl::StrCat("a ", inner->type_url(), " in a response of ", TypeUrl(type)),
                    out.problem);
      out.tells_absence = false;
      continue;
    }
    std::string name = sink.NameOf(type, inner->value());
    if (name.empty()) out.tells_absence = false;
    out.resources.push_back({std::move(name), response.version_info(), inner->value()});
  }
  return out;
}

}  // namespace sluice::xdsclient
