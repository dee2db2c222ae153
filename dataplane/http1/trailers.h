// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// What the head left of the header limits: trailers are measured with it.
struct TrailerBudget {
  size_t bytes = 0;
  size_t fields = 0;
};

// Parses a complete trailer section into `trailers`, pinning it in `arena`. Fields that would
// change how the message is read, routed or trusted are dropped (H1-14); all of them are, though
// checked, without enable_trailers.
ParseError ParseTrailers(base::Slice section, const http::Http1Options& options, size_t max_fields,
                         base::Arena& arena, http::HeaderMap& trailers);

}  // namespace sluice::http1
