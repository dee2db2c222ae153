// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/admin_connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/http/codec_options.h"

namespace sluice::admin {
namespace {

const http::Http1Options& Options() {
  static const http::Http1Options options = [] {
    http::Http1Options o;
    o.limits.max_headers_bytes = 16 * 1024;
    o.limits.max_uri_bytes = 4 * 1024;
    return o;
  }();
  return options;
}

}  // namespace

AdminConnection::AdminConnection(event::Loop& loop, event::UniqueFd fd, Handlers& handlers)
    : loop_(loop),
      handlers_(handlers),
      connection_(loop, std::make_unique<event::PlainTransport>(std::move(fd)), *this),
      codec_(std::in_place, Options(), static_cast<http::ServerCodecHost&>(*this)) {}

AdminConnection::~AdminConnection() = default;

void AdminConnection::Start() {
  quiet_.Arm(kQuietMs);
  connection_.Start(/*connecting=*/false);
}

void AdminConnection::OnBytes(base::Buffer& in) {
  codec_->Receive(in);
  AfterCodec();
}

void AdminConnection::OnEof() {
  codec_->OnEof();
  AfterCodec();
}

void AdminConnection::Produce(base::Buffer& out, size_t limit) { codec_->Produce(out, limit); }

void AdminConnection::OnFlushed() {
  AfterCodec();
  if (!codec_->has_output()) RunAfterwards();
}

void AdminConnection::OnClosed(bool error) {
  EndRequest();
  codec_.reset();
  quiet_.Disarm();
  Unlink();
  RunAfterwards();
  loop_.DeleteLater(std::unique_ptr<event::Deferred>(this));
}

http::RequestSink& AdminConnection::OnNewStream(http::ServerStream& stream) {
  stream_ = &stream;
  body_bytes_ = 0;
  return *this;
}

void AdminConnection::OnStreamComplete(http::ServerStream&, http::RequestSink&) { EndRequest(); }

void AdminConnection::OnRequest(http::RequestHead& head, bool end_stream) {
  const size_t mark = head.path.find('?');
  request_.method = head.method;
  request_.authority = head.authority;
  request_.path = head.path.substr(0, mark);
  request_.query = mark == std::string_view::npos ? "" : head.path.substr(mark + 1);
  request_.has_origin = head.headers.Find(http::HeaderId::kOrigin) != nullptr;
  if (end_stream) return Dispatch();
  if (head.expects_continue) {
    base::Arena arena;
    http::ResponseHead go_on(arena);
    go_on.status = 100;
    stream_->SendInformational(go_on);
  }
}

void AdminConnection::OnData(base::Buffer& data, bool end_stream) {
  body_bytes_ += data.size();
  data.Clear();
  if (stream_ == nullptr) return;  // Answered already; the rest is dropped.
  if (body_bytes_ > kMaxBody) return Send(Problem(413, "no page here reads a body"));
  if (end_stream) Dispatch();
}

void AdminConnection::OnTrailers(http::HeaderMap&) {
  if (stream_ != nullptr) Dispatch();
}

void AdminConnection::OnReset(const http::StreamError&) { EndRequest(); }

void AdminConnection::Dispatch() {
  ticket_ = std::make_shared<Ticket>(Ticket{this});
  handlers_.Answer(request_, [ticket = ticket_](AdminReply reply) {
    if (ticket->connection != nullptr) ticket->connection->Send(std::move(reply));
  });
}

void AdminConnection::Send(AdminReply reply) {
  http::ServerStream* const stream = std::exchange(stream_, nullptr);
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = reply.status;
  head.headers.Add(http::HeaderId::kContentType, reply.content_type);
  head.headers.Add(http::HeaderId::kCacheControl, "no-store");
  head.headers.Add("x-content-type-options", "nosniff");
  if (!reply.allow.empty()) head.headers.Add("allow", reply.allow);
  head.framing = {http::Framing::Kind::kLength, reply.body.size()};
  if (reply.afterwards) afterwards_.push_back(std::move(reply.afterwards));
  const bool head_only = request_.is_head() || reply.body.empty();
  stream->SendResponse(head, head_only);
  if (!head_only) {
    base::Buffer body;
    body.AppendCopy(reply.body);
    stream->SendData(body, true);
  }
  AfterCodec();
}

void AdminConnection::AfterCodec() {
  if (!codec_.has_value()) return;
  if (codec_->has_output()) connection_.RequestFlush();
  if (codec_->finished()) {
    if (!std::exchange(closing_, true)) connection_.CloseAfterFlush();
    return;
  }
  if (!codec_->wants_input()) {
    connection_.PauseReading();
  } else if (!connection_.reading()) {
    connection_.ResumeReading();
  }
}

void AdminConnection::RunAfterwards() {
  for (absl::AnyInvocable<void()>& work : std::exchange(afterwards_, {})) work();
}

void AdminConnection::EndRequest() {
  stream_ = nullptr;
  if (ticket_ != nullptr) ticket_->connection = nullptr;
  ticket_ = nullptr;
}

void AdminConnection::OnQuiet() {
  const int64_t last = std::max(connection_.last_read_ms(), connection_.last_write_ms());
  const int64_t left = last + kQuietMs - loop_.now_ms();
  if (left <= 0) return connection_.CloseNow();
  quiet_.Arm(left);
}

}  // namespace sluice::admin
