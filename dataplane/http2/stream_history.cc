// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/stream_history.h"

namespace sluice::http2 {
namespace {

// Appends until `max` stand there, then replaces the oldest.
template <typename Ring, typename T>
void PushBounded(Ring& ring, size_t& next, size_t max, const T& value) {
  if (ring.size() < max) {
    ring.push_back(value);
    return;
  }
  ring[next] = value;
  next = (next + 1) % max;
}

}  // namespace

bool StreamHistory::NoteHeaders(uint32_t stream_id) {
  if (stream_id <= highest_ || stream_id % 2 == 0) return false;
  const uint32_t expected = highest_ == 0 ? 1 : highest_ + 2;
  if (stream_id > expected) {
    PushBounded(gaps_, next_gap_, kMaxGaps, Gap{expected, stream_id - 2});
  }
  highest_ = stream_id;
  return true;
}

void StreamHistory::NoteResetByUs(uint32_t stream_id) {
  PushBounded(reset_, next_reset_, kMaxReset, stream_id);
}

FrameFault StreamHistory::JudgeLateFrame(const FrameHeader& frame) const {
  for (const uint32_t id : reset_) {
    if (id == frame.stream_id) return {};
  }
  if (frame.type == FrameType::kHeaders) {
    for (const Gap& gap : gaps_) {
      if (frame.stream_id >= gap.first && frame.stream_id <= gap.last) {
        return {ErrorCode::kProtocolError, "h2-falling-stream-id"};
      }
    }
  }
  return {ErrorCode::kStreamClosed, "h2-frame-on-closed-stream"};
}

}  // namespace sluice::http2
