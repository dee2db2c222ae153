// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "dataplane/http2/frame_guard.h"

namespace sluice::http2 {

// What a server remembers of streams that are over, to tell a late frame, which RFC 9113 §5.4.2
// has us ignore, from one that should never have been sent, which ends the connection (§5.1).
//
//   reset by us              DATA, HEADERS ignored: the peer may not have known
//   ended or reset by peer   STREAM_CLOSED
//   never opened (skipped)   HEADERS: PROTOCOL_ERROR; the rest: STREAM_CLOSED
//
// Thread: its connection's worker only.
// Limits: remembers the last kMaxReset streams that we reset and the last kMaxGaps gaps. What is
//         forgotten counts as closed by the peer; a peer is far over its reset budget by then.
class StreamHistory {
 public:
  static constexpr size_t kMaxReset = 512;
  static constexpr size_t kMaxGaps = 16;

  // A HEADERS frame on a client's stream. Returns true if the id is a new, higher one.
  bool NoteHeaders(uint32_t stream_id);

  void NoteResetByUs(uint32_t stream_id);

  uint32_t highest() const { return highest_; }

  // Judges a DATA or HEADERS frame on a stream that is not open, with an odd id up to highest().
  FrameFault JudgeLateFrame(const FrameHeader& frame) const;

 private:
  struct Gap {
    uint32_t first;
    uint32_t last;
  };

  uint32_t highest_ = 0;
  absl::InlinedVector<uint32_t, 2> reset_;  // A ring once it is full.
  size_t next_reset_ = 0;
  absl::InlinedVector<Gap, 1> gaps_;
  size_t next_gap_ = 0;
};

}  // namespace sluice::http2
