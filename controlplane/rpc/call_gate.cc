// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/call_gate.h"

#include <grpc/grpc_security_constants.h>

#include <string_view>
#include <utility>
#include <vector>

namespace sluice::rpc {
namespace {

std::string_view View(const grpc::string_ref& text) { return {text.data(), text.size()}; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The token of an `authorization: Bearer TOKEN` header; the scheme's case does not matter.
std::optional<std::string_view> BearerToken(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return std::nullopt;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (Lower(header[i]) != kScheme[i]) return std::nullopt;
  }
  return header.substr(kScheme.size());
}

std::vector<std::string> VerifiedNames(const grpc::ServerContextBase& context) {
  std::vector<std::string> names;
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return names;
  for (const grpc::string_ref& name : auth->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) {
    names.emplace_back(name.data(), name.size());
  }
  return names;
}

}  // namespace

CallGate::CallGate(CredentialTable credentials, bool is_open)
    : is_open_(is_open), table_(std::make_shared<const CredentialTable>(std::move(credentials))) {}

void CallGate::Replace(CredentialTable credentials) {
  auto table = std::make_shared<const CredentialTable>(std::move(credentials));
  const std::lock_guard<std::mutex> lock(mutex_);
  table_ = std::move(table);
}

std::shared_ptr<const CredentialTable> CallGate::table() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return table_;
}

std::optional<xdsserver::Peer> CallGate::Judge(const grpc::ServerContextBase& context,
                                               grpc::Status* refusal) const {
  if (is_open_) return xdsserver::Peer{"loopback", "loopback", {}, true};
  const std::shared_ptr<const CredentialTable> credentials = table();
  const auto& metadata = context.client_metadata();
  if (const auto header = metadata.find("authorization"); header != metadata.end()) {
    // A token that is given counts: a wrong one is not healed by a certificate.
    const std::optional<std::string_view> token = BearerToken(View(header->second));
    if (token.has_value() && metadata.count("authorization") == 1) {
      if (auto peer = credentials->FindToken(*token)) return peer;
    }
    *refusal = {grpc::StatusCode::UNAUTHENTICATED, "the bearer token is not known here"};
    return std::nullopt;
  }
  const std::vector<std::string> names = VerifiedNames(context);
  if (auto peer = credentials->FindCertificate(names)) return peer;
  *refusal = {grpc::StatusCode::UNAUTHENTICATED,
              names.empty() ? "a bearer token or a client certificate is required"
                            : "the client certificate names no Gateway that is known here"};
  return std::nullopt;
}

}  // namespace sluice::rpc
