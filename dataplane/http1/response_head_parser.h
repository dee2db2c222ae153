// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/buffer.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/message.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// What the request that is being answered has to do with reading the answer (RFC 9112 §6.3).
struct ResponseContext {
  bool to_head = false;
  bool to_connect = false;
  std::string_view upgrade;  // What the request asked to become; empty for nothing.
};

struct ResponseHeadFacts {
  bool keep_alive = false;
  bool no_body = false;      // HEAD, 1xx, 204, 304, whatever the fields say.
  bool until_close = false;  // The body has no other end.
  bool tunnel = false;       // 101, or 2xx to CONNECT.
  size_t fields_left = 0;    // Of the header limit, for the trailers.
};

// Parses one complete response head into `head`, pinning `section` in its arena. A `status` of the
// returned error only says "not ok": nothing of it is shown to anybody.
ParseError ParseResponseHead(base::Slice section, const http::Http1Options& options,
                             const ResponseContext& context, http::ResponseHead& head,
                             ResponseHeadFacts& facts);

}  // namespace sluice::http1
