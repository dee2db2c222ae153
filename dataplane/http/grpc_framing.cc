// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/grpc_framing.h"

namespace sluice::http {
namespace {

constexpr size_t kPrefix = 5;

size_t LengthOf(std::string_view prefix) {
  uint32_t n = 0;
  for (size_t i = 1; i < kPrefix; ++i) n = n << 8 | static_cast<uint8_t>(prefix[i]);
  return n;
}

}  // namespace

void AppendGrpcMessage(base::Buffer& out, std::string_view message) {
  const uint32_t n = static_cast<uint32_t>(message.size());
  const char prefix[kPrefix] = {0, static_cast<char>(n >> 24), static_cast<char>(n >> 16),
                                static_cast<char>(n >> 8), static_cast<char>(n)};
  out.AppendCopy({prefix, kPrefix});
  out.AppendCopy(message);
}

GrpcFrame TakeGrpcMessage(base::Buffer& in, size_t max_bytes) {
  GrpcFrame frame;
  if (in.size() < kPrefix) return frame;
  const base::Slice prefix = in.Linearize(kPrefix);
  frame.length = LengthOf(prefix.view());
  if (prefix.view()[0] != 0) {
    frame.kind = GrpcFrame::Kind::kCompressed;
  } else if (frame.length > max_bytes) {
    frame.kind = GrpcFrame::Kind::kTooLarge;
  } else if (in.size() >= kPrefix + frame.length) {
    frame.kind = GrpcFrame::Kind::kMessage;
    frame.message = in.Linearize(kPrefix + frame.length);
    frame.message.RemovePrefix(kPrefix);
    in.Drain(kPrefix + frame.length);
  }
  return frame;
}

}  // namespace sluice::http
