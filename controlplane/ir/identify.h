// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/ir/condition.h"
#include "controlplane/ir/source.h"

namespace sluice::ir {

// Where a credential is looked for.
struct CredentialSource {
  enum class Place : uint8_t { kHeader, kQuery, kCookie };
  Place place = Place::kHeader;
  std::string name;
  std::string prefix;  // Of a header's value: what stands before the credential.

  bool operator==(const CredentialSource&) const = default;
};

// A key of a consumer.
struct ApiKeyMethod {
  std::vector<CredentialSource> from;
  bool forward = false;  // Else it is taken out of the request.

  bool operator==(const ApiKeyMethod&) const = default;
};

// A name and password of a consumer.
struct BasicMethod {
  bool forward = false;
  std::string realm;

  bool operator==(const BasicMethod&) const = default;
};

// A token of an issuer.
struct JwtMethod {
  std::string issuer;
  std::vector<std::string> audiences;  // One of them; empty: any.
  std::string jwks;                    // A JSON Web Key Set.
  std::vector<CredentialSource> from;
  bool forward = false;
  absl::Duration clock_skew = absl::Seconds(60);
  bool require_expiration = true;
  std::vector<NamedValues> required_claims;
  std::vector<std::pair<std::string, std::string>> claim_headers;  // Claim, header.

  bool operator==(const JwtMethod&) const = default;
};

// A client certificate that the listener has verified.
struct CertificateMethod {
  bool operator==(const CertificateMethod&) const = default;
};

struct IdentifyMethod {
  std::string name;
  std::variant<ApiKeyMethod, JwtMethod, BasicMethod, CertificateMethod> how;

  bool operator==(const IdentifyMethod&) const = default;
};

// How callers prove who they are.
struct Identify {
  std::string policy;  // "AuthPolicy/NAMESPACE/NAME": in logs and metrics.
  std::vector<IdentifyMethod> methods;
  bool all = false;                               // All methods must succeed, not any.
  bool anonymous = false;                         // Without a credential a request goes on.
  std::optional<std::string> consumer_namespace;  // Whose consumers count; none: all.
  bool require_consumer = false;
  bool shadow = false;
  std::string unusable;  // Not empty: why it cannot be kept; requests must not go on then.
  Source source;

  bool operator==(const Identify&) const = default;
};

}  // namespace sluice::ir
