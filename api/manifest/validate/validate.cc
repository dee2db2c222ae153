// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/validate/validate.h"

#include "absl/strings/str_cat.h"
#include "api/manifest/metadata.h"
#include "api/manifest/validate/checks.h"

namespace sluice::manifest {
namespace {

// Kubernetes' limit on all annotations together.
constexpr size_t kMaxAnnotationBytes = 256 << 10;

void CheckMetadata(const k8s::ObjectMeta& meta, Findings& findings) {
  size_t bytes = 0;
  for (const auto& [key, value] : meta.annotations()) bytes += key.size() + value.size();
  if (bytes > kMaxAnnotationBytes) {
    findings.Add("metadata.annotations", absl::StrCat("hold ", bytes, " bytes; at most ",
                                                      kMaxAnnotationBytes, " are allowed."));
  }
}

// True if `body` is a T; then it was checked.
template <typename T>
bool Check(const google::protobuf::Message& body, Findings& findings) {
  if (body.GetDescriptor() != T::descriptor()) return false;
  CheckKind(static_cast<const T&>(body), findings);
  return true;
}

template <typename... Kinds>
void CheckAs(const google::protobuf::Message& body, Findings& findings) {
  (Check<Kinds>(body, findings) || ...);
}

}  // namespace

void Validate(const google::protobuf::Message& body, Findings& findings) {
  if (const k8s::ObjectMeta* meta = FindMetadata(body)) CheckMetadata(*meta, findings);
  CheckAs<gateway::v1::HTTPRoute, gateway::v1::Gateway, gateway::v1::BackendTLSPolicy, k8s::Service,
          k8s::EndpointSlice, k8s::Secret, k8s::ConfigMap, k8s::Namespace, v1alpha1::Backend,
          v1alpha1::TrafficPolicy, v1alpha1::ClientPolicy, v1alpha1::TelemetryPolicy,
          v1alpha1::Consumer, v1alpha1::AuthPolicy, v1alpha1::RateLimitPolicy>(body, findings);
}

}  // namespace sluice::manifest
