// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/kinds.h"

#include <algorithm>

#include "absl/base/no_destructor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"
#include "gateway/v1/backend_tls_policy.pb.h"
#include "gateway/v1/gateway.pb.h"
#include "gateway/v1/gateway_class.pb.h"
#include "gateway/v1/http_route.pb.h"
#include "gateway/v1/reference_grant.pb.h"
#include "k8s/config_map.pb.h"
#include "k8s/endpoint_slice.pb.h"
#include "k8s/namespace.pb.h"
#include "k8s/secret.pb.h"
#include "k8s/service.pb.h"
#include "sluice/v1alpha1/auth_policy.pb.h"
#include "sluice/v1alpha1/backend.pb.h"
#include "sluice/v1alpha1/client_policy.pb.h"
#include "sluice/v1alpha1/consumer.pb.h"
#include "sluice/v1alpha1/rate_limit_policy.pb.h"
#include "sluice/v1alpha1/telemetry_policy.pb.h"
#include "sluice/v1alpha1/traffic_policy.pb.h"

namespace sluice::manifest {
namespace {

constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";
constexpr std::string_view kSluiceGroup = "sluice.dev";

template <typename T>
KindInfo Core(std::string_view kind, std::string_view plural, std::string_view group = "",
              bool namespaced = true) {
  return {.group = group,
          .version = "v1",
          .also_read = {},
          .kind = kind,
          .plural = plural,
          .namespaced = namespaced,
          .core = true,
          .prototype = &T::default_instance()};
}

template <typename T>
KindInfo GatewayApi(std::string_view version, std::vector<std::string_view> also_read,
                    std::string_view kind, std::string_view plural, bool namespaced = true) {
  return {.group = kGatewayGroup,
          .version = version,
          .also_read = std::move(also_read),
          .kind = kind,
          .plural = plural,
          .namespaced = namespaced,
          .core = false,
          .prototype = &T::default_instance()};
}

template <typename T>
KindInfo Own(std::string_view kind, std::string_view plural) {
  return {.group = kSluiceGroup,
          .version = "v1alpha1",
          .also_read = {},
          .kind = kind,
          .plural = plural,
          .namespaced = true,
          .core = false,
          .prototype = &T::default_instance()};
}

std::vector<KindInfo> MakeKinds() {
  return {
      Core<k8s::ConfigMap>("ConfigMap", "configmaps"),
      Core<k8s::Namespace>("Namespace", "namespaces", "", /*namespaced=*/false),
      Core<k8s::Secret>("Secret", "secrets"),
      Core<k8s::Service>("Service", "services"),
      Core<k8s::EndpointSlice>("EndpointSlice", "endpointslices", "discovery.k8s.io"),
      // v1alpha3 is what clusters served before Gateway API 1.4; the schema did not change.
      GatewayApi<gateway::v1::BackendTLSPolicy>("v1", {"v1alpha3"}, "BackendTLSPolicy",
                                                "backendtlspolicies"),
      GatewayApi<gateway::v1::Gateway>("v1", {"v1beta1"}, "Gateway", "gateways"),
      GatewayApi<gateway::v1::GatewayClass>("v1", {"v1beta1"}, "GatewayClass", "gatewayclasses",
                                            /*namespaced=*/false),
      GatewayApi<gateway::v1::HTTPRoute>("v1", {"v1beta1"}, "HTTPRoute", "httproutes"),
      // Written as v1beta1, which every release of the API serves.
      GatewayApi<gateway::v1::ReferenceGrant>("v1beta1", {"v1"}, "ReferenceGrant",
                                              "referencegrants"),
      Own<v1alpha1::AuthPolicy>("AuthPolicy", "authpolicies"),
      Own<v1alpha1::Backend>("Backend", "backends"),
      Own<v1alpha1::ClientPolicy>("ClientPolicy", "clientpolicies"),
      Own<v1alpha1::Consumer>("Consumer", "consumers"),
      Own<v1alpha1::RateLimitPolicy>("RateLimitPolicy", "ratelimitpolicies"),
      Own<v1alpha1::TelemetryPolicy>("TelemetryPolicy", "telemetrypolicies"),
      Own<v1alpha1::TrafficPolicy>("TrafficPolicy", "trafficpolicies"),
  };
}

std::string Joined(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : absl::StrCat(group, "/", version);
}

template <typename Matches>
const KindInfo* FindIf(Matches matches) {
  const std::span<const KindInfo> kinds = AllKinds();
  const auto at = std::find_if(kinds.begin(), kinds.end(), matches);
  return at == kinds.end() ? nullptr : &*at;
}

}  // namespace

std::string KindInfo::ApiVersion() const { return Joined(group, version); }

std::span<const KindInfo> AllKinds() {
  static const absl::NoDestructor<std::vector<KindInfo>> kinds(MakeKinds());
  return *kinds;
}

const KindInfo* FindKind(std::string_view api_version, std::string_view kind) {
  const KindInfo* info = FindKindByName(kind);
  if (info == nullptr) return nullptr;
  if (info->ApiVersion() == api_version) return info;
  for (const std::string_view version : info->also_read) {
    if (Joined(info->group, version) == api_version) return info;
  }
  return nullptr;
}

const KindInfo* FindKindByName(std::string_view kind) {
  return FindIf([kind](const KindInfo& info) { return info.kind == kind; });
}

const KindInfo* FindKindByPlural(std::string_view plural) {
  return FindIf([plural](const KindInfo& info) { return info.plural == plural; });
}

const KindInfo* FindKindOf(const google::protobuf::Message& body) {
  return FindIf([&body](const KindInfo& info) {
    return info.prototype->GetDescriptor() == body.GetDescriptor();
  });
}

std::string ExplainUnknownKind(std::string_view api_version, std::string_view kind) {
  const KindInfo* info = FindKindByName(kind);
  if (info != nullptr) {
    return absl::StrCat("kind ", kind, " is read in apiVersion \"", info->ApiVersion(),
                        "\", not in \"", api_version, "\".");
  }
  std::vector<std::string_view> names;
  for (const KindInfo& known : AllKinds()) names.push_back(known.kind);
  const std::string_view nearest = base::NearestName(kind, names);
  if (!nearest.empty()) {
    return absl::StrCat("kind \"", kind, "\" is not known; did you mean \"", nearest, "\"?");
  }
  return absl::StrCat("kind \"", kind, "\" is not known; known are ", absl::StrJoin(names, ", "),
                      ".");
}

}  // namespace sluice::manifest
