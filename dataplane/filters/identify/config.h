// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dataplane/config/route.h"
#include "dataplane/filters/identify/credentials.h"
#include "dataplane/jose/token_rules.h"

namespace sluice::jose {
class VerifyingKeySet;  // jose/verify/verifying_key_set.h
}

namespace sluice::filters {

// A key of a consumer.
struct ApiKeyMethod {
  std::vector<CredentialSource> from;
  bool forward = false;  // It stays in the request.
};

// A claim that a token must have.
struct ClaimRule {
  std::string claim;                // "realm_access.roles"
  std::vector<std::string> values;  // One of them is its value, or in it; any value if empty.
};

// A claim that goes to the backend.
struct ClaimHeader {
  std::string claim;
  std::string header;  // Lower case.
};

// A JSON Web Token of one issuer.
struct JwtMethod {
  std::shared_ptr<const jose::TokenRules> rules;
  std::shared_ptr<const jose::VerifyingKeySet> keys;  // Null refuses every token.
  std::vector<CredentialSource> from;
  bool forward = false;
  std::vector<ClaimRule> required;
  std::vector<ClaimHeader> claim_headers;
  std::string payload_header;  // For the payload in base64url; empty for none.
  bool pad_payload = false;
  size_t remembered_tokens = 1024;  // On each worker; 0: none.
};

// A name and password of a consumer.
struct BasicMethod {
  bool forward = false;
};

// A client certificate that the listener has verified.
struct CertificateMethod {};

struct IdentifyMethod {
  std::string name;
  std::string challenge;  // For the header www-authenticate; legal there.
  std::variant<ApiKeyMethod, JwtMethod, BasicMethod, CertificateMethod> how;
};

struct IdentifySettings {
  std::string policy;  // What logs and metrics call it.
  std::vector<IdentifyMethod> methods;
  bool require_all = false;  // Else one must succeed, and none may fail.
  bool allow_missing = false;
  std::string consumer_namespace;  // Empty: all.
  bool require_consumer = false;
  bool shadow = false;
  std::string unusable;  // Why the policy cannot be kept as it was written; empty: it can.
};

// What the identify filter asks on a route.
//
// Thread:   immutable; any.
class IdentifyPolicy final : public config::FilterConfig {
 public:
  explicit IdentifyPolicy(IdentifySettings settings);

  const IdentifySettings& settings() const { return settings_; }

  // Headers that only we may set.
  const std::vector<std::string>& own_headers() const { return own_headers_; }

  // Whether it asks for the consumers of the control plane.
  bool looks_up_consumers() const { return !settings_.methods.empty(); }

 private:
  const IdentifySettings settings_;
  std::vector<std::string> own_headers_;
};

// The chain's configuration: the filter is there; what it does is each route's to say.
class IdentifyEnabled final : public config::FilterConfig {};

}  // namespace sluice::filters
