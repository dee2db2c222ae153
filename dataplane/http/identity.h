// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/types/span.h"
#include "dataplane/http/claims.h"

namespace sluice::http {

// Identity is who a request comes from, as a filter of the identify phase has proved it. Filters
// behind it, and logs, read it; it says nothing of what the caller may do.
//
// Thread:   its worker's only.
// Lifetime: it and all that it refers to live until the exchange is logged.
struct Identity {
  std::string_view consumer;                  // "NAMESPACE/NAME"; empty: no consumer's.
  absl::Span<const std::string_view> groups;  // Of the consumer.
  std::string_view method;                    // Name of the first method that succeeded.
  std::string_view issuer;                    // Of the token.
  std::string_view subject;                   // Of the token, certificate or password.
  absl::Span<const std::string_view> scopes;  // Of the token: claims `scope` and `scp`.
  const Claims* claims = nullptr;             // Null without a token.
};

}  // namespace sluice::http
