// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "dataplane/http2/frame_guard.h"
#include "nghttp2/nghttp2.h"

// Raw HTTP/2 frames for tests: legal or not, byte by byte as written. Header blocks are made by
// nghttp2's own deflater, so that they are right unless a test says otherwise.

namespace sluice::http2 {

// The flags of a header block that stands alone: with a body to come, or without.
inline constexpr uint8_t kOpen = kFlagEndHeaders;
inline constexpr uint8_t kWhole = kFlagEndHeaders | kFlagEndStream;

using FieldList = std::vector<std::pair<std::string, std::string>>;

inline std::string Uint32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string RawFrame(uint8_t type, uint8_t flags, uint32_t stream_id,
                            std::string_view payload) {
  std::string out = Uint32(static_cast<uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out += Uint32(stream_id);
  out += payload;
  return out;
}

inline std::string RawFrame(FrameType type, uint8_t flags, uint32_t stream_id,
                            std::string_view payload) {
  return RawFrame(static_cast<uint8_t>(type), flags, stream_id, payload);
}

inline std::string Data(uint32_t id, std::string_view payload, uint8_t flags = 0) {
  return RawFrame(FrameType::kData, flags, id, payload);
}
inline std::string RstStream(uint32_t id, ErrorCode code = ErrorCode::kCancel) {
  return RawFrame(FrameType::kRstStream, 0, id, Uint32(static_cast<uint32_t>(code)));
}
inline std::string WindowUpdate(uint32_t id, uint32_t increment) {
  return RawFrame(FrameType::kWindowUpdate, 0, id, Uint32(increment));
}
inline std::string Ping(std::string_view opaque = "12345678", uint8_t flags = 0) {
  return RawFrame(FrameType::kPing, flags, 0, opaque);
}
inline std::string Priority(uint32_t id, uint32_t depends_on) {
  return RawFrame(FrameType::kPriority, 0, id, Uint32(depends_on) + '\x10');
}
inline std::string GoAway(uint32_t last_id, ErrorCode code = ErrorCode::kNoError) {
  return RawFrame(FrameType::kGoAway, 0, 0, Uint32(last_id) + Uint32(static_cast<uint32_t>(code)));
}
inline std::string Settings(std::initializer_list<std::pair<uint16_t, uint32_t>> entries = {}) {
  std::string payload;
  for (const auto& [id, value] : entries) payload += Uint32(id).substr(2) + Uint32(value);
  return RawFrame(FrameType::kSettings, 0, 0, payload);
}
inline std::string SettingsAck() { return RawFrame(FrameType::kSettings, kFlagAck, 0, ""); }

inline std::string Headers(uint32_t id, std::string_view block,
                           uint8_t flags = kFlagEndHeaders | kFlagEndStream) {
  return RawFrame(FrameType::kHeaders, flags, id, block);
}
inline std::string Continuation(uint32_t id, std::string_view fragment, uint8_t flags = 0) {
  return RawFrame(FrameType::kContinuation, flags, id, fragment);
}

// Encodes header blocks; one an endpoint and direction, since the table is theirs.
class BlockEncoder {
 public:
  BlockEncoder() { CHECK_EQ(nghttp2_hd_deflate_new(&deflater_, 4096), 0); }
  ~BlockEncoder() { nghttp2_hd_deflate_del(deflater_); }
  BlockEncoder(const BlockEncoder&) = delete;
  BlockEncoder& operator=(const BlockEncoder&) = delete;

  std::string Encode(const FieldList& fields) {
    std::vector<nghttp2_nv> nva;
    for (const auto& [name, value] : fields) {
      nva.push_back({Bytes(name), Bytes(value), name.size(), value.size(), 0});
    }
    std::string out(nghttp2_hd_deflate_bound(deflater_, nva.data(), nva.size()), '\0');
    const nghttp2_ssize n = nghttp2_hd_deflate_hd2(
        deflater_, reinterpret_cast<uint8_t*>(out.data()), out.size(), nva.data(), nva.size());
    CHECK_GE(n, 0);
    out.resize(static_cast<size_t>(n));
    return out;
  }

 private:
  static uint8_t* Bytes(const std::string& s) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(s.data()));
  }
  nghttp2_hd_deflater* deflater_ = nullptr;
};

// Decodes them.
class BlockDecoder {
 public:
  BlockDecoder() { CHECK_EQ(nghttp2_hd_inflate_new(&inflater_), 0); }
  ~BlockDecoder() { nghttp2_hd_inflate_del(inflater_); }
  BlockDecoder(const BlockDecoder&) = delete;
  BlockDecoder& operator=(const BlockDecoder&) = delete;

  FieldList Decode(std::string_view block) {
    FieldList out;
    const auto* at = reinterpret_cast<const uint8_t*>(block.data());
    size_t left = block.size();
    for (;;) {
      nghttp2_nv nv;
      int flags = 0;
      const nghttp2_ssize n = nghttp2_hd_inflate_hd3(inflater_, &nv, &flags, at, left, 1);
      CHECK_GE(n, 0);
      at += n;
      left -= static_cast<size_t>(n);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        out.emplace_back(std::string(reinterpret_cast<char*>(nv.name), nv.namelen),
                         std::string(reinterpret_cast<char*>(nv.value), nv.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return out;
  }

 private:
  nghttp2_hd_inflater* inflater_ = nullptr;
};

// A frame that a codec has sent.
struct SentFrame {
  FrameHeader header;
  std::string payload;

  // The error code of RST_STREAM or GOAWAY.
  ErrorCode code() const {
    const size_t at = header.type == FrameType::kGoAway ? 4 : 0;
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(payload[at + i]);
    return static_cast<ErrorCode>(value);
  }
};

// Cuts what a codec has sent into frames; a client's preface is skipped. Requires whole frames.
inline std::vector<SentFrame> ParseFrames(std::string_view bytes) {
  std::vector<SentFrame> out;
  if (bytes.starts_with(kClientPreface)) bytes.remove_prefix(kClientPreface.size());
  while (!bytes.empty()) {
    CHECK_GE(bytes.size(), kFrameHeaderBytes);
    const auto at = [&](size_t i) { return uint32_t{static_cast<uint8_t>(bytes[i])}; };
    SentFrame frame;
    frame.header.length = at(0) << 16 | at(1) << 8 | at(2);
    frame.header.type = static_cast<FrameType>(at(3));
    frame.header.flags = static_cast<uint8_t>(at(4));
    frame.header.stream_id = at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8);
    CHECK_GE(bytes.size(), kFrameHeaderBytes + frame.header.length);
    frame.payload = bytes.substr(kFrameHeaderBytes, frame.header.length);
    bytes.remove_prefix(kFrameHeaderBytes + frame.header.length);
    out.push_back(std::move(frame));
  }
  return out;
}

}  // namespace sluice::http2
