// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/buffer.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// A ChunkedDecoder takes the chunk framing off a body (RFC 9112 §7.1), down to the line of the last
// chunk; the trailer section behind it is left to BodyDecoder.
//
//     kSize ──';'──▶ kExt ─CR┐
//       │CR                  ▼
//       └──────────────▶ kSizeLf ──LF──▶ kData ──▶ kDataCr ──▶ kDataLf ──▶ kSize
//                            └──LF, size 0──▶ kDone
//
// Small chunks are moved together inside the receive block, over the framing bytes between them:
// a million chunks of one byte would otherwise cost a slice each (H1-13).
//
// Thread:   its worker's only.
// Errors:   anything that is not the grammar: no white space, no bare CR or LF, no controls.
// Limits:   size lines of 16 digits; extensions of max_chunk_ext_bytes a chunk and
//           max_chunk_ext_total_bytes a message.
class ChunkedDecoder {
 public:
  // Moves data from the front of `in` behind `out` until `in` is empty, the last chunk's line is
  // read (done()) or the framing is bad (the error).
  ParseError Decode(base::Buffer& in, base::Buffer& out, const http::Http1Options& options);

  bool done() const { return state_ == State::kDone; }

  void Reset() { *this = ChunkedDecoder(); }

 private:
  enum class State : uint8_t { kSize, kExt, kSizeLf, kData, kDataCr, kDataLf, kDone };

  class Joiner;

  ParseError DecodePiece(char* p, const char* end, size_t& used, Joiner& joiner,
                         const http::Http1Options& options);
  ParseError OnSizeByte(char c);
  ParseError OnExtByte(char c, const http::Http1Options& options);
  ParseError OnFramingByte(char c, const http::Http1Options& options);

  uint64_t left_ = 0;  // Of the chunk's size while it is read, then of its data.
  uint32_t ext_bytes_ = 0;
  uint32_t ext_total_bytes_ = 0;
  uint8_t digits_ = 0;
  bool in_quotes_ = false;
  bool escaped_ = false;
  State state_ = State::kSize;
};

}  // namespace sluice::http1
