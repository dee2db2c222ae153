// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/body_decoder.h"
#include "dataplane/http1/body_encoder.h"

namespace sluice::http1 {

// What a stream is to its codec on either side: two directions, each with its end, one sink.
//
// Invariants:
// 1. Once `gone`, no sink call follows and every call of the sink is ignored.
// 2. `sink_told_end` implies that the decoder is done.
//
// Thread:   its worker's only.
// Lifetime: the codec's; Clear between streams.
struct StreamCore {
  base::Arena arena;
  BodyDecoder decoder;  // What arrives.
  BodyEncoder encoder;  // What leaves.
  http::StreamSink* sink = nullptr;
  uint32_t pauses = 0;
  bool head_sent = false;
  bool send_ended = false;  // The last of it is queued, or nothing more may be.
  bool sink_told_end = false;
  bool gone = false;
  bool above_high_mark = false;

  void Clear();

  // What became of a PumpBody.
  enum class Pumped : uint8_t { kNothing, kSome, kEnd, kError };

  // Decodes from `in` and hands the sink what it gives. After it the stream may be gone.
  Pumped PumpBody(base::Buffer& in, const http::Http1Options& options);

  // Tells the sink the end, with nothing before it, if it does not know yet.
  void TellEnd();

  // The high and low marks of what is queued, `queued` bytes now.
  void NoteQueued(size_t queued, const http::MessageLimits& limits) {
    above_high_mark = above_high_mark || queued > limits.stream_buffer_bytes;
  }
  // True, once, when the sink must hear that it can send again.
  bool FellBelowLowMark(size_t queued, const http::MessageLimits& limits) {
    if (!above_high_mark || queued > limits.stream_buffer_bytes / 2) return false;
    above_high_mark = false;
    return true;
  }
};

}  // namespace sluice::http1
