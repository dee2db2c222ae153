// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/chain/grpc_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/http/grpc_framing.h"
#include "dataplane/http/grpc_timeout.h"

namespace sluice::filters {
namespace {

using http::GrpcCode;
using http::GrpcFrame;

constexpr size_t kFramePrefixBytes = 5;

GrpcCode CodeOf(SideCallFailure failure) {
  switch (failure) {
    case SideCallFailure::kTimeout:
      return GrpcCode::kDeadlineExceeded;
    case SideCallFailure::kTooLarge:
      return GrpcCode::kResourceExhausted;
    case SideCallFailure::kInvalidRequest:
    case SideCallFailure::kMalformed:
      return GrpcCode::kInternal;
    default:
      return GrpcCode::kUnavailable;
  }
}

// "application/grpc" and its kinds of message, but not grpc-web, which frames its trailers.
bool IsGrpc(std::string_view content_type) {
  constexpr std::string_view kType = "application/grpc";
  if (!content_type.starts_with(kType)) return false;
  content_type.remove_prefix(kType.size());
  return content_type.empty() || content_type[0] == '+' || content_type[0] == ';' ||
         content_type[0] == ' ';
}

GrpcReply Says(GrpcCode code, std::string text) { return {.code = code, .text = std::move(text)}; }

// Of an answer whose status is kOk.
GrpcReply ReadMessage(base::Buffer& body, size_t max_message_bytes) {
  GrpcFrame frame = http::TakeGrpcMessage(body, max_message_bytes);
  switch (frame.kind) {
    case GrpcFrame::Kind::kCompressed:
      return Says(GrpcCode::kInternal, "a compressed message was not asked for");
    case GrpcFrame::Kind::kTooLarge:
      return Says(GrpcCode::kResourceExhausted,
                  absl::StrCat("a message of ", frame.length, " bytes is over the limit of ",
                               max_message_bytes));
    case GrpcFrame::Kind::kIncomplete:
      return Says(GrpcCode::kInternal,
                  body.empty() ? "the reply has no message" : "the reply's message is cut short");
    case GrpcFrame::Kind::kMessage:
      break;
  }
  if (!body.empty()) return Says(GrpcCode::kInternal, "the reply has more than one message");
  return {.code = GrpcCode::kOk, .message = std::move(frame.message)};
}

}  // namespace

GrpcReply ReadGrpcReply(SideCallOutcome& outcome, size_t max_message_bytes) {
  if (outcome.failure != SideCallFailure::kNone) {
    GrpcReply reply = Says(CodeOf(outcome.failure), std::string(SideCallToken(outcome.failure)));
    reply.failure = outcome.failure;
    for (const std::string_view more : {outcome.detail, outcome.transport_failure}) {
      if (!more.empty()) absl::StrAppend(&reply.text, ": ", more);
    }
    return reply;
  }
  const bool trailers_only = outcome.body.empty() && outcome.trailers.empty();
  const http::HeaderMap& ending = trailers_only ? outcome.headers : outcome.trailers;
  const std::string_view type = outcome.headers.Get(http::HeaderId::kContentType);
  // A trailers-only answer may come from a proxy on the way, which need not say what it would have
  // sent.
  if (!trailers_only && (outcome.status != 200 || !IsGrpc(type))) {
    return Says(http::GrpcCodeOfHttp(outcome.status),
                absl::StrCat("HTTP status ", outcome.status, ", content-type \"", type, "\""));
  }
  const size_t copies = ending.Count(http::HeaderId::kGrpcStatus);
  if (copies == 0) {
    return Says(http::GrpcCodeOfHttp(outcome.status),
                absl::StrCat("HTTP status ", outcome.status, " without grpc-status"));
  }
  // Which of two would count is anybody's guess; that of a permission must not be.
  if (copies > 1) return Says(GrpcCode::kInternal, "more than one grpc-status");
  const GrpcCode code = http::ParseGrpcStatus(ending.Get(http::HeaderId::kGrpcStatus));
  if (code == GrpcCode::kOk) return ReadMessage(outcome.body, max_message_bytes);
  return Says(code, http::DecodeGrpcMessage(ending.Get(http::HeaderId::kGrpcMessage)));
}

void GrpcCall::Start(SideCalls& calls, GrpcCallRequest&& request) {
  max_message_bytes_ = request.max_message_bytes;
  SideCallRequest call;
  call.cluster = request.cluster;
  call.method = "POST";
  call.authority = request.authority;
  call.path = request.method;
  call.headers = std::move(request.metadata);
  call.headers.Set(http::HeaderId::kContentType, "application/grpc");
  call.timeout_ms = std::clamp<int64_t>(request.timeout_ms, 1, SideCallRequest::kMaxTimeoutMs);
  const std::string timeout = http::FormatGrpcTimeoutMs(call.timeout_ms);
  call.headers.Set(http::HeaderId::kGrpcTimeout, timeout);
  http::AppendGrpcMessage(call.body, request.message);
  call.max_body_bytes = request.max_message_bytes + kFramePrefixBytes;
  call.trailers = true;
  call.idempotent = request.idempotent;
  call_ = calls.Start(std::move(call), *this);
}

void GrpcCall::OnSideCallOver(SideCallOutcome& outcome) {
  GrpcReply reply = ReadGrpcReply(outcome, max_message_bytes_);
  // The observer may start the next one, or destroy us.
  call_.reset();
  observer_.OnGrpcCallOver(reply);
}

}  // namespace sluice::filters
