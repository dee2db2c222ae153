// SPDX-License-Identifier: Apache-2.0
//
// Whatever a peer sends as the answer to a unary call, it only passes for kOk if it says so once,
// on 200, and is one whole message within the limit. The first byte chooses the shape of the
// answer, the second where the value of grpc-status ends; the body follows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/log/check.h"
#include "base/buffer.h"
#include "dataplane/filters/chain/grpc_call.h"
#include "dataplane/http/grpc_framing.h"

namespace {

using sluice::filters::GrpcReply;
using sluice::filters::SideCallOutcome;
using sluice::http::GrpcCode;
using sluice::http::HeaderId;

constexpr size_t kMaxBytes = 1000;

enum Shape : uint8_t { kError = 1, kNoType = 2, kInHead = 4, kTwice = 8, kNoStatus = 16 };

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t shape = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::string_view status = rest.substr(0, std::min<size_t>(data[1] % 16, rest.size()));
  const std::string_view body = rest.substr(status.size());

  SideCallOutcome outcome;
  outcome.status = (shape & kError) != 0 ? 503 : 200;
  if ((shape & kNoType) == 0) outcome.headers.Add(HeaderId::kContentType, "application/grpc");
  auto& ending = (shape & kInHead) != 0 ? outcome.headers : outcome.trailers;
  if ((shape & kNoStatus) == 0) ending.Add(HeaderId::kGrpcStatus, status);
  if ((shape & kTwice) != 0) ending.Add(HeaderId::kGrpcStatus, "0");
  ending.Add(HeaderId::kGrpcMessage, rest);
  outcome.body.AppendCopy(body);

  const GrpcReply reply = sluice::filters::ReadGrpcReply(outcome, kMaxBytes);
  if (reply.code != GrpcCode::kOk) {
    CHECK(reply.message.empty());
    return 0;
  }
  CHECK_EQ(shape & (kError | kNoType | kInHead), 0);
  CHECK((shape & kNoStatus) != 0 ? (shape & kTwice) != 0 : (shape & kTwice) == 0);
  CHECK_LE(reply.message.size(), kMaxBytes);
  sluice::base::Buffer again;
  sluice::http::AppendGrpcMessage(again, reply.message.view());
  CHECK_EQ(again.ToString(), body);
  return 0;
}
