// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/judged_call.h"

#include <grpc/grpc_security_constants.h>

#include <memory>
#include <string>
#include <vector>

namespace sluice::rpc {
namespace {

std::string FirstOf(const std::vector<grpc::string_ref>& values) {
  return values.empty() ? std::string() : std::string(values[0].data(), values[0].size());
}

}  // namespace

access::Presented PresentedBy(const grpc::ServerContextBase& context) {
  access::Presented presented;
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  for (auto it = first; it != last; ++it) {
    presented.authorization.emplace_back(it->second.data(), it->second.size());
  }
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr) return presented;
  presented.certificate_pem = FirstOf(auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME));
  presented.chain_pem = FirstOf(auth->FindPropertyValues(GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME));
  return presented;
}

grpc::Status StatusOf(const access::Refusal& refusal) {
  const bool is_full = refusal.kind == access::Refusal::Kind::kTooMany;
  return {is_full ? grpc::StatusCode::RESOURCE_EXHAUSTED : grpc::StatusCode::UNAUTHENTICATED,
          refusal.text};
}

}  // namespace sluice::rpc
