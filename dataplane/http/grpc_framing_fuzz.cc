// SPDX-License-Identifier: Apache-2.0
//
// However a stream of gRPC messages is cut, the same messages and the same end come out of it, and
// writing them again gives the bytes that were taken. The first byte chooses the cuts.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/log/check.h"
#include "base/buffer.h"
#include "dataplane/http/grpc_framing.h"

namespace {

using sluice::base::Buffer;
using sluice::http::GrpcFrame;

constexpr size_t kMaxBytes = 1000;

struct Heard {
  std::vector<std::string> messages;
  GrpcFrame::Kind end = GrpcFrame::Kind::kIncomplete;
  bool operator==(const Heard&) const = default;
};

Heard Feed(std::string_view bytes, size_t step) {
  Heard heard;
  Buffer in;
  for (size_t at = 0; at < bytes.size(); at += step) {
    in.AppendCopy(bytes.substr(at, step));
    for (;;) {
      const GrpcFrame frame = sluice::http::TakeGrpcMessage(in, kMaxBytes);
      if (frame.kind == GrpcFrame::Kind::kIncomplete) break;
      if (frame.kind != GrpcFrame::Kind::kMessage) {
        heard.end = frame.kind;
        return heard;
      }
      heard.messages.emplace_back(frame.message.view());
    }
  }
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Heard whole = Feed(bytes, bytes.size());
  CHECK(whole == Feed(bytes, 1 + data[0] % 16));

  Buffer again;
  for (const std::string& message : whole.messages) {
    CHECK_LE(message.size(), kMaxBytes);
    sluice::http::AppendGrpcMessage(again, message);
  }
  const size_t taken = again.size();
  CHECK_LE(taken, bytes.size());
  CHECK(taken == 0 || again.Linearize(taken).view() == bytes.substr(0, taken));
  return 0;
}
