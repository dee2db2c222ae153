// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/http/codec_options.h"

namespace sluice::http2 {

// The error codes of RFC 9113 §7 that we send of our own accord or look for.
enum class ErrorCode : uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kFlowControlError = 3,
  kStreamClosed = 5,
  kFrameSizeError = 6,
  kRefusedStream = 7,
  kCancel = 8,
  kCompressionError = 9,
  kEnhanceYourCalm = 11,
};

enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr uint8_t kFlagEndStream = 0x1;
inline constexpr uint8_t kFlagAck = 0x1;
inline constexpr uint8_t kFlagEndHeaders = 0x4;
inline constexpr uint8_t kFlagPadded = 0x8;
inline constexpr uint8_t kFlagPriority = 0x20;
inline constexpr size_t kFrameHeaderBytes = 9;
inline constexpr size_t kWindowUpdateBytes = kFrameHeaderBytes + 4;
inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct FrameHeader {
  uint32_t length = 0;
  FrameType type = FrameType::kData;
  uint8_t flags = 0;
  uint32_t stream_id = 0;

  bool Has(uint8_t flag) const { return (flags & flag) != 0; }
};

// What is wrong with a frame; `detail` is null when nothing is. Ends the connection.
struct FrameFault {
  ErrorCode code = ErrorCode::kNoError;
  const char* detail = nullptr;
  bool flood = false;

  explicit operator bool() const { return detail != nullptr; }
};

// The frame check in front of nghttp2: it follows the frame headers of the inbound byte stream and
// refuses what nghttp2 lets pass, which is what a flood is made of and what RFC 9113 asks of
// priorities. It reads headers only, and copies at most nine bytes of them.
//
// It does not decode HPACK and does not know which streams are open: that question (frames on
// closed streams) is put to StreamHistory by the session.
//
// Thread: its connection's worker only.
// Limits: those of Http2Options; constant memory.
class FrameGuard {
 public:
  FrameGuard(const http::Http2Options& options, bool server);

  enum class Step : uint8_t { kBytes, kHeader, kPayload };

  // Takes bytes from the front of `bytes` (not empty) and returns how many. kHeader: they end with
  // the last byte of a frame's header, now in header(). kPayload: they end with the first
  // word of a PRIORITY or WINDOW_UPDATE frame, now in word().
  size_t Scan(std::string_view bytes, Step& step);

  const FrameHeader& header() const { return header_; }

  // Part of a header block has arrived, and not its end.
  bool in_header_block() const {
    return in_header_block_ || (payload_left_ > 0 && (header_.type == FrameType::kHeaders ||
                                                      header_.type == FrameType::kContinuation));
  }

  // How many of the bytes scanned last begin a frame that cannot be judged yet: part of a header,
  // or of a WINDOW_UPDATE up to its word.
  size_t undecided() const {
    if (!in_word_) return partial_size_;
    return header_.type == FrameType::kWindowUpdate ? kFrameHeaderBytes + partial_size_ : 0;
  }

  // Of the last kPayload: a stream dependency, or a window's increment.
  uint32_t word() const { return word_; }

  // Judges the frame that Scan has just met. Call once for each kHeader, or kPayload of PRIORITY.
  FrameFault JudgeHeader();
  FrameFault JudgePriority() const;

  // What a padded DATA frame, of which the header alone does not tell, held in the end.
  FrameFault JudgePaddedData(bool empty) { return CountEmpty(empty); }

  // What the budgets of JudgeHeader grow with.
  void OnStreamOpened() { ++streams_opened_; }
  void OnDataFrameSent() { ++data_frames_sent_; }

 private:
  FrameFault CountEmpty(bool empty);
  FrameFault JudgeHeaderBlock();

  const uint32_t max_empty_frames_;
  const uint32_t max_priority_frames_per_stream_;
  const uint32_t max_window_updates_per_data_frame_;
  const uint32_t max_continuation_frames_;
  const bool server_;

  uint8_t partial_[kFrameHeaderBytes] = {};  // The header, or the dependency of a PRIORITY frame.
  size_t partial_size_ = 0;
  size_t preface_left_;
  size_t payload_left_ = 0;
  bool in_word_ = false;
  uint32_t word_ = 0;
  FrameHeader header_;

  bool in_header_block_ = false;
  uint32_t continuations_ = 0;
  uint32_t empty_frames_ = 0;
  uint64_t priority_frames_ = 0;
  uint64_t window_updates_ = 0;
  uint64_t unknown_frames_ = 0;
  uint64_t streams_opened_ = 0;
  uint64_t data_frames_sent_ = 0;
};

}  // namespace sluice::http2
