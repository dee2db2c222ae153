// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "envoy/config/rbac/v3/rbac.pb.h"

namespace sluice::compile {

// A request and its connection, in words.
struct ConditionRequest {
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string peer_ip, client_ip, sni;
  uint16_t port = 443;
  bool verified = false;
  std::string subject;
  std::vector<std::string> uris, dns_names;
  bool identified = false;
  std::string consumer;
  std::vector<std::string> groups;
  std::string role;                // A claim of text; empty: none.
  std::vector<std::string> roles;  // A claim that is a list; empty: none.
};

// Whether `policy` takes the request, by a naive evaluator of Envoy's messages, written after their
// documentation: what compiled conditions are compared with. `lets_in` says what copies of a header
// that differ come to (condition::Leaning).
bool ReferenceHolds(const envoy::config::rbac::v3::Policy& policy, const ConditionRequest& request,
                    bool lets_in);

}  // namespace sluice::compile
