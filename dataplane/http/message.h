// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "dataplane/http/header_map.h"

namespace sluice::http {

enum class Version : uint8_t { kHttp10, kHttp11, kHttp2 };

// How the body's length is known. Codecs derive it on receipt and obey it when sending; the fields
// content-length and transfer-encoding never stand in a HeaderMap, so that nobody can make them
// disagree (RFC 9112 §6).
struct Framing {
  enum class Kind : uint8_t {
    kNone,     // No body; end_stream is true at the head.
    kLength,   // Exactly `length` bytes.
    kStreamed  // Chunked, HTTP/2 DATA, or until close.
  };
  Kind kind = Kind::kNone;
  uint64_t length = 0;
};

// The head of a request in version-neutral form: pseudo-headers of HTTP/2, with the request line
// and Host of HTTP/1.1 mapped to them.
//
// Hop-by-hop fields (connection, keep-alive, proxy-connection, te, upgrade, transfer-encoding, and
// what Connection names) are gone; `upgrade` and `accepts_trailers` keep what they said.
//
// Lifetime: all views live in `arena`.
struct RequestHead {
  explicit RequestHead(base::Arena& arena) : arena(arena) {}

  base::Arena& arena;
  Version version = Version::kHttp11;
  std::string_view method;
  std::string_view scheme;     // "http" or "https", lower case.
  std::string_view authority;  // Host and optional port, as sent, validated, lower case.
  std::string_view path;     // Path and query, starts with '/'; "*" for OPTIONS; empty for CONNECT.
  std::string_view upgrade;  // The protocol asked for ("websocket"), lower case; empty for none.
  HeaderMap headers;
  Framing framing;
  bool expects_continue = false;  // `expect: 100-continue` was there; the field is removed.
  bool accepts_trailers = false;  // `te: trailers` was there; the field is removed.
};

// The head of a response. As above, framing fields and hop-by-hop fields are gone.
//
// Lifetime: all views live in `arena`.
struct ResponseHead {
  explicit ResponseHead(base::Arena& arena) : arena(arena) {}

  base::Arena& arena;
  Version version = Version::kHttp11;
  uint16_t status = 0;  // 100 to 599; 0 before it is known.
  HeaderMap headers;
  Framing framing;
  std::string_view upgrade;  // With status 101: the protocol chosen.
};

}  // namespace sluice::http
