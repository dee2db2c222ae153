// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/http/claims.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/token_outcome.h"
#include "dataplane/jose/token_times.h"

namespace sluice::jose {

// A claim that must be there. Values are compared byte for byte, as texts.
struct RequiredClaim {
  enum class How : uint8_t {
    kEquals,    // a string, number or boolean that is one of the values
    kContains,  // a list that holds one of the values, or a string that has one among its
                // space-separated words, as "scope" does (RFC 8693 §4.2)
  };

  std::string path;  // as http::Claims has it: "realm_access.roles"
  How how = How::kEquals;
  std::vector<std::string> any_of;
};

// What is asked of the tokens of one issuer. What is empty is not asked.
struct TokenRules {
  std::string issuer;                  // equal to "iss"
  std::vector<std::string> audiences;  // one of them equal to "aud", or to one of its strings
  std::string subject;                 // equal to "sub"
  std::vector<RequiredClaim> required;
  TimeRules times;
  size_t max_token_bytes = kDefaultMaxTokenBytes;
};

// Judges what a verified token says, but for its times, in the order of TokenRules' members.
//
// Thread: any. Allocates nothing.
// Errors: an outcome.
[[nodiscard]] TokenOutcome CheckClaims(const http::Claims& claims, const TokenRules& rules);

}  // namespace sluice::jose
