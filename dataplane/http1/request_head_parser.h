// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/buffer.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/message.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// What a request head says to the connection, besides what stands in RequestHead.
struct RequestHeadFacts {
  bool keep_alive = false;
  size_t fields_left = 0;  // Of the header limit, for the trailers.
};

// Parses one complete head (request line to empty line, as HeadScanner found it) into `head`,
// pinning `section` in its arena. Names and the authority are lower-cased in place: the bytes are
// the codec's own. On error `head.method` may already be known, which is how an error reply learns
// that it answers a HEAD.
//
// The rules are RFC 9112 read strictly: what two parsers could read differently is refused.
ParseError ParseRequestHead(base::Slice section, const http::Http1Options& options,
                            http::RequestHead& head, RequestHeadFacts& facts);

}  // namespace sluice::http1
