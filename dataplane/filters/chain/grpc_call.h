// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/http/grpc_status.h"
#include "dataplane/http/header_map.h"

namespace sluice::filters {

// What is asked. Views need to live until Start returns.
struct GrpcCallRequest {
  std::string_view cluster;
  std::string_view method;     // "/package.Service/Method".
  std::string_view authority;  // As in SideCallRequest.
  http::HeaderMap metadata;    // Names in lower case; no "grpc-" names, which are gRPC's own.
  std::string_view message;    // Serialized.
  int64_t timeout_ms = 200;    // As in SideCallRequest; the peer is told of it.
  size_t max_message_bytes = 64 * 1024;  // Of the reply.
  bool idempotent = false;               // As in SideCallRequest.
};

// What came of it.
struct GrpcReply {
  // The peer's own; one derived from the HTTP answer or the failure where it sent none.
  http::GrpcCode code = http::GrpcCode::kUnknown;
  SideCallFailure failure = SideCallFailure::kNone;  // Why there was no answer at all.
  std::string text;                                  // For logs: what the peer or we say of it.
  base::Slice message;                               // Serialized; of kOk alone.
};

// Reads the answer to a unary call: one message, then `grpc-status` in trailers, or in the head of
// an answer that has neither (trailers-only). kOk comes out only of an answer that says it once and
// holds exactly one whole message, not compressed, within `max_message_bytes`. Takes the body.
GrpcReply ReadGrpcReply(SideCallOutcome& outcome, size_t max_message_bytes);

class GrpcCallObserver {
 public:
  // As SideCallObserver::OnSideCallOver. `reply` may be moved from.
  virtual void OnGrpcCallOver(GrpcReply& reply) = 0;

 protected:
  ~GrpcCallObserver() = default;
};

// A GrpcCall is one unary gRPC call after another of a filter's own (external authorization, a rate
// limit service). The cluster should speak HTTP/2. It is no stream: upstream/grpc_stream.h is.
//
// Legal sequence: Start, then either OnGrpcCallOver once or Cancel; then Start again.
//
// Thread:   that of the SideCalls given.
// Lifetime: part of the filter; destroying it cancels.
// Errors:   become a reply with another code than kOk.
// Limits:   a reply of max_message_bytes; sent again once at most (SideCallRequest::retries).
class GrpcCall final : private SideCallObserver {
 public:
  explicit GrpcCall(GrpcCallObserver& observer) : observer_(observer) {}

  // Begins; a call that is under way is cancelled.
  void Start(SideCalls& calls, GrpcCallRequest&& request);
  void Cancel() { call_.reset(); }
  bool active() const { return call_ != nullptr; }

 private:
  void OnSideCallOver(SideCallOutcome& outcome) override;

  GrpcCallObserver& observer_;
  SideCallHandle call_;
  size_t max_message_bytes_ = 0;
};

}  // namespace sluice::filters
