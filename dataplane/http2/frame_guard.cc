// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/frame_guard.h"

#include <algorithm>
#include <cstring>

namespace sluice::http2 {
namespace {

constexpr size_t kWordBytes = 4;

uint32_t ReadUint32(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

FrameHeader Unpack(const uint8_t* at) {
  FrameHeader header;
  header.length = ReadUint32(at) >> 8;
  header.type = static_cast<FrameType>(at[3]);
  header.flags = at[4];
  header.stream_id = ReadUint32(at + 5) & 0x7fffffff;
  return header;
}

FrameFault Flood(const char* detail) { return {ErrorCode::kEnhanceYourCalm, detail, true}; }

FrameFault Violation(const char* detail) { return {ErrorCode::kProtocolError, detail, false}; }

}  // namespace

FrameGuard::FrameGuard(const http::Http2Options& options, bool server)
    : max_empty_frames_(options.max_empty_frames),
      max_priority_frames_per_stream_(options.max_priority_frames_per_stream),
      max_window_updates_per_data_frame_(options.max_window_updates_per_data_frame),
      max_continuation_frames_(options.max_continuation_frames),
      server_(server),
      preface_left_(server ? kClientPreface.size() : 0) {}

size_t FrameGuard::Scan(std::string_view bytes, Step& step) {
  step = Step::kBytes;
  if (preface_left_ > 0) {
    const size_t n = std::min(preface_left_, bytes.size());
    preface_left_ -= n;
    return n;
  }
  if (payload_left_ > 0 && !in_word_) {
    const size_t n = std::min(payload_left_, bytes.size());
    payload_left_ -= n;
    return n;
  }
  const size_t wanted = in_word_ ? kWordBytes : kFrameHeaderBytes;
  const size_t n = std::min(wanted - partial_size_, bytes.size());
  std::memcpy(partial_ + partial_size_, bytes.data(), n);
  partial_size_ += n;
  if (partial_size_ < wanted) return n;
  partial_size_ = 0;
  if (in_word_) {
    in_word_ = false;
    payload_left_ -= kWordBytes;
    word_ = (uint32_t{partial_[0]} << 24 | uint32_t{partial_[1]} << 16 |
             uint32_t{partial_[2]} << 8 | partial_[3]) &
            0x7fffffff;
    step = Step::kPayload;
    return n;
  }
  header_ = Unpack(partial_);
  payload_left_ = header_.length;
  // Of any other length these are refused by nghttp2 as soon as it sees the header.
  in_word_ = (header_.type == FrameType::kPriority && header_.length == 5) ||
             (header_.type == FrameType::kWindowUpdate && header_.length == 4);
  step = Step::kHeader;
  return n;
}

FrameFault FrameGuard::CountEmpty(bool empty) {
  if (!empty) {
    empty_frames_ = 0;
    return {};
  }
  if (++empty_frames_ > max_empty_frames_) return Flood("h2-empty-frame-flood");
  return {};
}

FrameFault FrameGuard::JudgeHeaderBlock() {
  if (header_.type == FrameType::kHeaders) {
    continuations_ = 0;
  } else if (++continuations_ > max_continuation_frames_) {
    return Flood("h2-continuation-flood");
  }
  in_header_block_ = !header_.Has(kFlagEndHeaders);
  // A block that ends here is a message, however small: HEADERS with END_STREAM, or trailers.
  return CountEmpty(header_.length == 0 && in_header_block_ &&
                    !(header_.type == FrameType::kHeaders && header_.Has(kFlagEndStream)));
}

FrameFault FrameGuard::JudgeHeader() {
  if (in_header_block_ && header_.type != FrameType::kContinuation) {
    return Violation("h2-frame-inside-header-block");
  }
  switch (header_.type) {
    case FrameType::kData:
      if (header_.Has(kFlagPadded)) return {};  // JudgePaddedData follows.
      return CountEmpty(header_.length == 0 && !header_.Has(kFlagEndStream));
    case FrameType::kHeaders:
    case FrameType::kContinuation:
      return JudgeHeaderBlock();
    case FrameType::kPriority:
      if (header_.stream_id == 0) return Violation("h2-priority-on-stream-zero");
      if (++priority_frames_ > max_priority_frames_per_stream_ * (1 + streams_opened_)) {
        return Flood("h2-priority-flood");
      }
      return {};
    case FrameType::kWindowUpdate:
      if (++window_updates_ >
          5 + 2 * (streams_opened_ + max_window_updates_per_data_frame_ * data_frames_sent_)) {
        return Flood("h2-window-update-flood");
      }
      return {};
    case FrameType::kPushPromise:
      return Violation(server_ ? "h2-push-promise-from-client" : "h2-push-promise-while-disabled");
    case FrameType::kRstStream:
    case FrameType::kSettings:
    case FrameType::kPing:
    case FrameType::kGoAway:
      return {};
  }
  // Extensions are ignored (RFC 9113 §4.1); browsers send PRIORITY_UPDATE, a few a stream.
  if (++unknown_frames_ > 1000 + 10 * streams_opened_) return Flood("h2-unknown-frame-flood");
  return {};
}

FrameFault FrameGuard::JudgePriority() const {
  if ((ReadUint32(partial_) & 0x7fffffff) == header_.stream_id) {
    return Violation("h2-priority-depends-on-itself");
  }
  return {};
}

}  // namespace sluice::http2
