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
      // Without a body it only renews the life of what is there (TTL).
      if (!wrapped.ParseFromString(any.value()) || !wrapped.has_resource()) continue;
      inner = &wrapped.resource();
    }
    if (inner->type_url() != TypeUrl(type)) {
      AppendProblem(absl::StrCat("a ", inner->type_url(), " in a response of ", TypeUrl(type)),
                    out.problem);
      continue;
    }
    out.resources.push_back(
        {sink.NameOf(type, inner->value()), response.version_info(), inner->value()});
  }
  return out;
}

}  // namespace sluice::xdsclient
