// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"

namespace sluice::http {

// What to do with %2F, %5C and '\' in a path.
enum class EscapedSlashes : uint8_t { kKeep, kReject, kUnescapeAndRedirect, kUnescapeAndForward };

struct PathOptions {
  bool normalize = true;  // RFC 3986 §6.2.2: dot segments, needless escapes, %2E.
  bool merge_slashes = true;
  EscapedSlashes escaped_slashes = EscapedSlashes::kReject;
};

// What became of a path.
struct NormalizedPath {
  enum class Outcome : uint8_t { kOk, kReject, kRedirect };
  Outcome outcome = Outcome::kOk;
  std::string_view path;    // With its query. The input itself if nothing changed.
  std::string_view detail;  // Of a rejection: a stable token.
};

// Brings a request path to the one form that router, policies, logs and upstreams see (RFC 3986
// §6). Decodes at most once; escapes of unreserved characters are decoded, the hex of the others is
// upper-cased. Broken escapes (%zz, %u0061), encoded NUL, a path that climbs above the root, and
// invalid UTF-8 once decoded are refused (attacks PN-01 to PN-03). The query is left alone.
// Rewritten paths live in `arena`.
NormalizedPath NormalizePath(std::string_view path, const PathOptions& options, base::Arena& arena);

}  // namespace sluice::http
