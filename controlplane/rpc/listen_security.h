// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace sluice::rpc {

// How a port of ours proves itself and asks its callers to. PEM texts; all empty is plaintext.
struct ListenSecurity {
  std::string certificate_pem;
  std::string key_pem;
  std::string client_ca_pem;  // without it only tokens prove anything
  bool has_tokens = false;
};

// Empty, or why a port must not be opened like this at `address`: halves of a pair, and anything
// off loopback without TLS and a credential.
[[nodiscard]] std::string ObjectionTo(const std::string& address, const ListenSecurity& security);

// Whoever is on the machine is the operator: no credential was configured, which ObjectionTo allows
// on loopback only.
[[nodiscard]] inline bool IsOpen(const ListenSecurity& security) {
  return security.client_ca_pem.empty() && !security.has_tokens;
}

[[nodiscard]] std::shared_ptr<grpc::ServerCredentials> TransportOf(const ListenSecurity& security);

}  // namespace sluice::rpc
