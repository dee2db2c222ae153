// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http/message.h"
#include "dataplane/http1/chunked_decoder.h"
#include "dataplane/http1/head_scanner.h"
#include "dataplane/http1/parse_error.h"
#include "dataplane/http1/trailers.h"

namespace sluice::http1 {

// A BodyDecoder finds the end of one message's body, whichever way it is delimited, and moves what
// lies before it.
//
// Thread:   its worker's only.
// Lifetime: Start begins a message; trailers are views into `arena`, which outlives it.
// Errors:   bad chunk framing or trailers.
// Limits:   passes on what it is given; the trailers within their budget.
class BodyDecoder {
 public:
  enum class Result : uint8_t { kMore, kEnd, kError };

  void StartNothing() { Start(Kind::kDone); }
  void StartLength(uint64_t length);
  void StartChunked(TrailerBudget budget);
  // Until the connection ends: never kEnd by itself.
  void StartUntilClose() { Start(Kind::kUntilClose); }
  void StartTunnel() { Start(Kind::kTunnel); }
  // The end came from outside: end of file, or an answer that leaves the rest unread.
  void Finish() { kind_ = Kind::kDone; }

  // Moves body bytes from the front of `in` behind `out`.
  Result Decode(base::Buffer& in, base::Buffer& out, const http::Http1Options& options,
                base::Arena& arena);

  bool done() const { return kind_ == Kind::kDone; }
  bool until_close() const { return kind_ == Kind::kUntilClose; }
  bool tunnel() const { return kind_ == Kind::kTunnel; }
  // Whether at most `bytes` are known to be missing.
  bool EndsWithin(uint64_t bytes) const {
    return done() || (kind_ == Kind::kLength && left_ <= bytes);
  }

  // After kEnd. Empty for most messages.
  http::HeaderMap& trailers() { return trailers_; }
  // After kError.
  const ParseError& error() const { return error_; }

 private:
  enum class Kind : uint8_t { kDone, kLength, kChunked, kTrailers, kUntilClose, kTunnel };

  void Start(Kind kind);
  Result DecodeLength(base::Buffer& in, base::Buffer& out);
  Result DecodeTrailers(base::Buffer& in, const http::Http1Options& options, base::Arena& arena);
  Result Fail(ParseError error);

  Kind kind_ = Kind::kDone;
  uint64_t left_ = 0;
  ChunkedDecoder chunks_;
  HeadScanner scanner_;
  TrailerBudget budget_;
  http::HeaderMap trailers_;
  ParseError error_;
};

}  // namespace sluice::http1
