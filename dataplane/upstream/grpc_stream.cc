// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/grpc_stream.h"

#include <utility>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "dataplane/http/grpc_framing.h"

namespace sluice::upstream {

using http::GrpcCode;
using http::GrpcFrame;

GrpcStream::GrpcStream(event::Loop& loop, ClusterSet& clusters, Options options,
                       GrpcStreamUser& user)
    : loop_(loop), clusters_(clusters), options_(std::move(options)), user_(user) {}

GrpcStream::~GrpcStream() { Cancel(); }

void GrpcStream::Start() {
  CHECK(state_ == State::kIdle);
  state_ = State::kWaiting;
  Cluster* cluster = clusters_.Find(options_.cluster);
  if (cluster == nullptr) {
    return End(GrpcCode::kUnavailable, absl::StrCat("no cluster \"", options_.cluster, "\""));
  }
  LbContext context;
  context.downstream_version = http::Version::kHttp2;
  context.host = options_.authority;
  cluster->Start(attempt_, context);
}

void GrpcStream::OnStreamReady(http::ClientStream& stream) {
  stream_ = &stream;
  state_ = State::kOpen;
  base::Arena arena;
  http::RequestHead head(arena);
  head.version = http::Version::kHttp2;
  head.method = "POST";
  const Cluster* cluster = clusters_.Find(options_.cluster);
  const bool tls = cluster != nullptr && cluster->config().tls_context != nullptr;
  head.scheme = tls ? "https" : "http";
  head.authority = options_.authority.empty() ? options_.cluster : options_.authority;
  head.path = options_.method;
  head.framing.kind = http::Framing::Kind::kStreamed;
  head.accepts_trailers = true;
  head.headers.Add("content-type", "application/grpc");
  for (const auto& [name, value] : options_.metadata) head.headers.Add(name, value);
  stream.SendRequest(head, /*end_stream=*/false);
  if (stream_ == nullptr) return;
  if (send_closed_ || !out_.empty()) stream_->SendData(out_, send_closed_);
}

void GrpcStream::Send(std::string_view message) {
  if (state_ == State::kOver || send_closed_) return;
  http::AppendGrpcMessage(out_, message);
  if (stream_ != nullptr) stream_->SendData(out_, /*end_stream=*/false);
}

void GrpcStream::CloseSend() {
  if (state_ == State::kOver || std::exchange(send_closed_, true)) return;
  if (stream_ != nullptr) stream_->SendData(out_, /*end_stream=*/true);
}

bool GrpcStream::ShouldPause() const { return stream_ != nullptr && stream_->ShouldPause(); }

void GrpcStream::OnCanSend() {
  if (state_ == State::kOpen) user_.OnCanSend();
}

void GrpcStream::Cancel() {
  state_ = State::kOver;
  stream_ = nullptr;
  teller_.Unlink();
  attempt_.Cancel();
}

void GrpcStream::OnResponse(http::ResponseHead& head, bool end_stream) {
  http_status_ = head.status;
  // A trailers-only answer has its status here; so may one from a proxy on the way.
  if (end_stream) return EndWithTrailers(head.headers);
  const http::HeaderMap::Field* type = head.headers.Find("content-type");
  const bool grpc = type != nullptr && type->value.starts_with("application/grpc");
  if (head.status == 200 && grpc) return;
  End(http::GrpcCodeOfHttp(head.status),
      absl::StrCat("HTTP status ", head.status, ", content-type \"",
                   type == nullptr ? std::string_view() : type->value, "\""));
}

void GrpcStream::OnData(base::Buffer& data, bool end_stream) {
  if (state_ != State::kOpen) return;
  in_.MoveFrom(data);
  DeliverMessages();
  if (end_stream && state_ == State::kOpen) {
    End(GrpcCode::kInternal, "the stream ended without a status");
  }
}

void GrpcStream::DeliverMessages() {
  while (state_ == State::kOpen) {
    const GrpcFrame frame = http::TakeGrpcMessage(in_, options_.max_message_bytes);
    switch (frame.kind) {
      case GrpcFrame::Kind::kIncomplete:
        return;
      case GrpcFrame::Kind::kMessage:
        user_.OnMessage(frame.message.view());
        break;
      case GrpcFrame::Kind::kCompressed:
        return End(GrpcCode::kInternal, "a compressed message was not asked for");
      case GrpcFrame::Kind::kTooLarge:
        return End(GrpcCode::kResourceExhausted,
                   absl::StrCat("a message of ", frame.length, " bytes is over the limit of ",
                                options_.max_message_bytes));
    }
  }
}

void GrpcStream::OnTrailers(http::HeaderMap& trailers) { EndWithTrailers(trailers); }

void GrpcStream::EndWithTrailers(const http::HeaderMap& trailers) {
  const http::HeaderMap::Field* status = trailers.Find("grpc-status");
  if (status == nullptr) {
    const GrpcCode code =
        http_status_ == 200 ? GrpcCode::kUnknown : http::GrpcCodeOfHttp(http_status_);
    return End(code, absl::StrCat("HTTP status ", http_status_, " without grpc-status"));
  }
  const http::HeaderMap::Field* message = trailers.Find("grpc-message");
  End(http::ParseGrpcStatus(status->value),
      message == nullptr ? std::string() : http::DecodeGrpcMessage(message->value));
}

void GrpcStream::OnReset(const http::StreamError& error) {
  stream_ = nullptr;
  if (state_ == State::kOver) return;
  std::string message(error.detail);
  if (!attempt_.failure().empty()) absl::StrAppend(&message, ": ", attempt_.failure());
  if (!attempt_.address().empty()) absl::StrAppend(&message, " (", attempt_.address(), ")");
  End(http::GrpcCodeOfError(error), std::move(message));
}

void GrpcStream::End(GrpcCode code, std::string message) {
  if (state_ == State::kOver) return;
  state_ = State::kOver;
  code_ = code;
  message_ = std::move(message);
  loop_.AtTurnEnd(teller_);
}

void GrpcStream::Teller::OnTurnEnd() {
  // Whatever was still to be sent is of no use: the peer has said its last word.
  stream_.stream_ = nullptr;
  stream_.attempt_.Cancel();
  stream_.user_.OnStatus(stream_.code_, stream_.message_);
}

}  // namespace sluice::upstream
