// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/exchange.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "dataplane/exchange/date.h"
#include "dataplane/exchange/local_reply.h"
#include "dataplane/exchange/memory.h"
#include "dataplane/exchange/retry.h"

namespace sluice::exchange {
namespace {

using http::HeaderId;
using http::ResponseFlag;

ResponseFlag FlagOfReset(const http::StreamError& error) {
  switch (error.kind) {
    case http::ErrorKind::kReset:
      return ResponseFlag::kDownstreamRemoteReset;
    case http::ErrorKind::kConnectionClosed:
      return ResponseFlag::kDownstreamConnectionTermination;
    case http::ErrorKind::kIdleTimeout:
    case http::ErrorKind::kFlushTimeout:
      return ResponseFlag::kStreamIdleTimeout;
    case http::ErrorKind::kDrained:
      return ResponseFlag::kLocalReset;
    default:
      return ResponseFlag::kDownstreamProtocolError;
  }
}

}  // namespace

void* Exchange::operator new(size_t size) { return ExchangeMemory::Take(size); }

void Exchange::operator delete(void* memory, size_t size) { ExchangeMemory::Give(memory, size); }

Exchange::Exchange(HttpRuntime& runtime, http::ServerStream& stream,
                   const http::DownstreamInfo& downstream)
    : hold_(runtime),
      runtime_(runtime),
      loop_(runtime.services().loop),
      stream_(&stream),
      random_(runtime.services().random.Next()),
      call_(loop_, runtime.services().random, *this) {
  runtime_.metrics().requests.Add();
  runtime_.metrics().active_requests.Add(1);
  info_.downstream = &downstream;
  info_.client_address = downstream.remote_ip;
  info_.start_wall_ns = loop_.clock().WallNs();
  info_.start_ns = loop_.now_ns();
}

Exchange::~Exchange() = default;

// ---- The request, as it arrives -----------------------------------------------------------------

void Exchange::OnRequest(http::RequestHead& head, bool end_stream) {
  request_ = &head;
  const config::HttpConnection& config = runtime_.config();
  info_.method = head.method;
  info_.authority = head.authority;
  info_.original_path = head.path;
  info_.version = head.version;
  info_.request_head_bytes = static_cast<uint32_t>(head.headers.WireSize());
  Touch();
  ArmIdle();
  if (config.max_stream_duration_ms > 0) duration_timer_.Arm(config.max_stream_duration_ms);
  if (end_stream) {
    RequestEnded();
  } else if (config.request_timeout_ms > 0 && head.upgrade.empty()) {
    request_timer_.Arm(config.request_timeout_ms);
  }

  http::HeaderMap reply_headers;
  const std::optional<filters::LocalReply> refusal =
      TakeIn(config, *info_.downstream, runtime_.services().random, head, info_, reply_headers);
  if (refusal.has_value()) return Reply(*refusal);

  using Fit = http::HandshakeScope::Fit;
  const Fit fit = info_.downstream->scope == nullptr
                      ? Fit::kSame
                      : info_.downstream->scope->Judge(head.authority);
  if (fit == Fit::kOther) return Misdirected();
  ChooseRoute();
  // A host that is no chain's and no route's is unknown, 404; one that is only a route's may not be
  // had by a handshake for another (TLS-02).
  if (fit == Fit::kNone && choice_.virtual_host != nullptr) return Misdirected();
  if (head.framing.kind == http::Framing::Kind::kLength && BodyTooLarge(head.framing.length)) {
    return RefuseBody();
  }
  filters_.Create(*plan_);
  filters_.Request(end_stream);
}

void Exchange::OnData(base::Buffer& data, bool end_stream) {
  Touch();
  info_.request_body_bytes += data.size();
  // Behind the end there is only what was meant for a tunnel that will not be (see Forward).
  if (request_ended_) return data.Clear();
  if (end_stream) RequestEnded();
  if (response_ended_ || answered_here_) return data.Clear();
  // The bytes of a tunnel are no body.
  if (request_->upgrade.empty() && BodyTooLarge(info_.request_body_bytes)) {
    data.Clear();
    return RefuseBody();
  }
  filters_.RequestData(data, end_stream);
}

void Exchange::RefuseBody() {
  Reply({.status = 413,
         .detail = "request-body-too-large",
         .message = "The request body is larger than this route accepts."});
}

void Exchange::Misdirected() {
  filters::LocalReply reply{
      .status = 421,
      .detail = "misdirected-request",
      .message = "This host is not served on a TLS connection that was opened for another one."};
  reply.flags.Add(ResponseFlag::kNoRouteFound);
  Reply(reply);
}

void Exchange::OnTrailers(http::HeaderMap& trailers) {
  Touch();
  if (request_ended_) return;  // As in OnData.
  RequestEnded();
  if (!response_ended_ && !answered_here_) filters_.RequestTrailers(trailers);
}

void Exchange::RequestEnded() {
  request_ended_ = true;
  info_.request_complete_ns = loop_.now_ns();
  request_timer_.Disarm();
  if (route_timeout_ms_ > 0 && call_.active()) route_timer_.Arm(route_timeout_ms_);
}

void Exchange::OnReset(const http::StreamError& error) {
  stream_ = nullptr;
  // Who has had the whole answer and leaves without sending the rest of its request has not cut
  // anything short: what the answer says is why.
  const bool is_answered_early =
      response_ended_ && !request_ended_ &&
      (error.kind == http::ErrorKind::kConnectionClosed || error.kind == http::ErrorKind::kReset);
  if (!is_answered_early) info_.flags.Add(FlagOfReset(error));
  if (info_.detail.empty() || !response_ended_) info_.detail = error.detail;
  // HTTP/1.1's codec answers a bad body as it does a bad head; HTTP/2's resets the stream.
  if (!response_sent_ && info_.version != http::Version::kHttp2) {
    if (error.kind == http::ErrorKind::kProtocol) info_.status = 400;
    if (error.kind == http::ErrorKind::kHeadersTooLarge) info_.status = 431;
  }
  Over();
}

// ---- The request, as it leaves ------------------------------------------------------------------

void Exchange::OnCallEndpoint(std::string_view hostname, uint32_t attempt) {
  if (const auto* forward = std::get_if<config::Forward>(&choice_.route->action);
      forward != nullptr && forward->auto_host_rewrite) {
    request_->authority = arena_.Copy(hostname);
  }
  if (choice_.virtual_host->include_attempt_count) {
    request_->headers.Set(HeaderId::kXEnvoyAttemptCount, arena_.Copy(std::to_string(attempt)));
  }
}

void Exchange::OnCallStarted() {
  // We answer for the upstream that it wants the body: it has accepted the stream.
  if (std::exchange(owes_continue_, false) && stream_ != nullptr && !response_sent_) {
    http::ResponseHead head(arena_);
    head.status = 100;
    stream_->SendInformational(head);
  }
}

void Exchange::OnFilteredRequestData(base::Buffer& data, bool end_stream) {
  for (const std::shared_ptr<Shadow>& shadow : shadows_) shadow->SendData(data, end_stream);
  if (end_stream) shadows_.clear();
  if (!call_.active()) return data.Clear();
  call_.SendData(data, end_stream);
  if (!client_paused_ && stream_ != nullptr && !end_stream && call_.ShouldPause()) {
    client_paused_ = true;
    stream_->PauseReceiving();
  }
}

void Exchange::OnFilteredRequestTrailers(http::HeaderMap& trailers) {
  // A shadow's body ends without them.
  for (const std::shared_ptr<Shadow>& shadow : shadows_) shadow->SendData({}, true);
  shadows_.clear();
  call_.SendTrailers(trailers);
}

void Exchange::OnCallCanSend() {
  if (std::exchange(client_paused_, false) && stream_ != nullptr) stream_->ResumeReceiving();
}

void Exchange::OnRequestHoldChanged(bool above_limit) {
  if (stream_ == nullptr || hold_paused_ == above_limit) return;
  hold_paused_ = above_limit;
  if (above_limit) {
    stream_->PauseReceiving();
  } else {
    stream_->ResumeReceiving();
  }
}

// ---- The response -------------------------------------------------------------------------------

void Exchange::OnResponseHoldChanged(bool above_limit) {
  if (response_hold_paused_ == above_limit) return;
  response_hold_paused_ = above_limit;
  if (above_limit) {
    call_.PauseReceiving();
  } else {
    call_.ResumeReceiving();
  }
}

void Exchange::OnCallInformational(http::ResponseHead& head) {
  // 100 is ours to say unless the configuration leaves it to the upstream.
  if (stream_ == nullptr || (head.status == 100 && !runtime_.config().proxy_100_continue)) return;
  stream_->SendInformational(head);
}

void Exchange::OnCallResponse(http::ResponseHead& head, bool end_stream) {
  Touch();
  arena_.Adopt(head.arena);
  response_.version = head.version;
  response_.status = head.status;
  response_.headers = std::move(head.headers);
  response_.framing = head.framing;
  response_.upgrade = head.upgrade;
  info_.detail = "via-upstream";
  if (head.status == 101) {
    tunnel_ = true;
    route_timer_.Disarm();
  }
  if (end_stream) route_timer_.Disarm();
  // The request may go on: an upstream may answer before it has all of it (gRPC streams, tunnels).
  filters_.Response(filters_.size(), end_stream);
}

void Exchange::OnFilteredResponse(bool end_stream) {
  FinishHead();
  info_.status = response_.status;
  info_.first_byte_sent_ns = loop_.now_ns();
  info_.response_head_bytes = static_cast<uint32_t>(response_.headers.WireSize());
  response_sent_ = true;
  request_timer_.Disarm();  // A stream that is being answered may go on asking (gRPC).
  if (stream_ == nullptr) return;
  if (end_stream) ResponseEnded();
  stream_->SendResponse(response_, end_stream);
}

void Exchange::FinishHead() {
  const config::HttpConnection& config = runtime_.config();
  if (plan_ != nullptr) plan_->EditResponse(weighted_, LogEntry(), response_.headers, arena_);
  using ServerHeader = config::HttpConnection::ServerHeader;
  if (config.server_header == ServerHeader::kOverwrite ||
      (config.server_header == ServerHeader::kAppendIfAbsent &&
       response_.headers.Find(HeaderId::kServer) == nullptr)) {
    response_.headers.Set(HeaderId::kServer, config.server_name);
  }
  if (response_.headers.Find(HeaderId::kDate) == nullptr) {
    // When the answer was made (RFC 9110 §6.6.1), which may be long after the request came.
    const int64_t now_wall_ns = info_.start_wall_ns + loop_.now_ns() - info_.start_ns;
    response_.headers.Add(HeaderId::kDate, arena_.Copy(HttpDate(now_wall_ns)));
  }
  if (!config.via.empty()) response_.headers.Add(HeaderId::kVia, config.via);
  if (config.request_id_in_response && !info_.request_id.empty()) {
    response_.headers.Set(HeaderId::kXRequestId, info_.request_id);
  }
}

void Exchange::OnCallData(base::Buffer& data, bool end_stream) {
  Touch();
  if (end_stream) route_timer_.Disarm();
  if (filters_.size() == 0) return SendToClient(data, end_stream);
  filters_.ResponseData(data, end_stream);
}

void Exchange::OnFilteredResponseData(base::Buffer& data, bool end_stream) {
  SendToClient(data, end_stream);
}

void Exchange::SendToClient(base::Buffer& data, bool end_stream) {
  if (stream_ == nullptr) return data.Clear();
  info_.response_body_bytes += data.size();
  if (end_stream) ResponseEnded();
  stream_->SendData(data, end_stream);
  if (!end_stream && !upstream_paused_ && stream_ != nullptr && stream_->ShouldPause()) {
    upstream_paused_ = true;
    call_.PauseReceiving();
  }
}

void Exchange::OnCallTrailers(http::HeaderMap& trailers) {
  Touch();
  route_timer_.Disarm();
  if (filters_.size() == 0) return OnFilteredResponseTrailers(trailers);
  // A filter may hold them until after the upstream's stream, in which they live, is gone.
  kept_trailers_ = std::make_unique<http::HeaderMap>();
  for (const http::HeaderMap::Field& field : trailers) {
    kept_trailers_->Add({arena_.Copy(field.name), arena_.Copy(field.value), field.id});
  }
  filters_.ResponseTrailers(*kept_trailers_);
}

void Exchange::OnFilteredResponseTrailers(http::HeaderMap& trailers) {
  if (stream_ == nullptr) return;
  response_trailers_ = &trailers;
  ResponseEnded();
  stream_->SendTrailers(trailers);
  response_trailers_ = nullptr;
}

void Exchange::OnCanSend() {
  Touch();
  if (std::exchange(upstream_paused_, false)) call_.ResumeReceiving();
}

void Exchange::ResponseEnded() {
  response_ended_ = true;
  filters_.StopRequest();
  route_timer_.Disarm();
  request_timer_.Disarm();
  if (runtime_.config().stream_flush_timeout_ms > 0) ArmIdle();
  // Nobody needs the rest of the request: the upstream stream is given up, the client's drained.
  if (!request_ended_ && !tunnel_) call_.Cancel();
  if (client_paused_ || hold_paused_) {
    const int resumes = (client_paused_ ? 1 : 0) + (hold_paused_ ? 1 : 0);
    client_paused_ = hold_paused_ = false;
    for (int i = 0; i < resumes; ++i) stream_->ResumeReceiving();
  }
}

void Exchange::OnCallFailed(const http::StreamError& error, bool retries_exhausted) {
  const FailureReply failure = ReplyTo(error);
  // With an answer begun, be it still in the filters, there is no other.
  if (response_sent_ || response_.status != 0) {
    info_.flags.Add(failure.flag);
    return AbortResponse(error);
  }
  filters::LocalReply reply{
      .status = failure.status, .detail = failure.detail, .message = failure.message};
  reply.flags.Add(failure.flag);
  if (retries_exhausted) reply.flags.Add(ResponseFlag::kUpstreamRetryLimitExceeded);
  Reply(reply);
}

void Exchange::AbortResponse(const http::StreamError& error) {
  info_.detail = error.detail;
  filters_.Stop();
  if (stream_ == nullptr) return;
  http::ServerStream* stream = std::exchange(stream_, nullptr);
  // The request's head, which is logged, goes with its stream.
  Over();
  stream->Reset(error);
}

// ---- Answers of our own -------------------------------------------------------------------------

void Exchange::OnFilterReply(const filters::LocalReply& reply, size_t from) { Reply(reply, from); }

void Exchange::Reply(const filters::LocalReply& reply) { Reply(reply, filters_.size()); }

void Exchange::Reply(const filters::LocalReply& reply, size_t from) {
  const uint32_t number = ++replies_;
  answered_here_ = true;
  filters_.StopRequest();
  call_.Cancel();
  route_timer_.Disarm();
  request_timer_.Disarm();
  for (uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((reply.flags.bits() & bit) != 0) info_.flags.Add(static_cast<ResponseFlag>(bit));
  }
  info_.detail = reply.detail;
  // A filter may put its answer in the place of one that has not left and that no other filter
  // will see twice.
  if (response_sent_ || filters_.SawResponse(from)) {
    return AbortResponse(
        {http::ErrorKind::kReset, http::Side::kOurselves, http::Retry::kNever, reply.detail});
  }
  response_.version = request_->version;
  response_.upgrade = {};
  tunnel_ = false;
  request_->upgrade = {};
  base::Buffer body;
  MakeLocalReply(reply, *request_, response_, body);
  const bool end_stream = body.empty();
  filters_.Response(from, end_stream);
  // A filter that saw the head may have answered in its place, body and all.
  if (number != replies_) return;
  if (!end_stream && stream_ != nullptr) filters_.ResponseData(body, true);
}

// ---- Times --------------------------------------------------------------------------------------

int64_t Exchange::IdleLimitMs() const {
  const config::HttpConnection& config = runtime_.config();
  if (response_ended_ && config.stream_flush_timeout_ms > 0) return config.stream_flush_timeout_ms;
  if (choice_.route != nullptr) {
    if (const auto* forward = std::get_if<config::Forward>(&choice_.route->action);
        forward != nullptr && forward->idle_timeout_ms.has_value()) {
      return *forward->idle_timeout_ms;
    }
  }
  return config.stream_idle_timeout_ms;
}

// A route's own limit may be shorter than the one that the timer stands at.
void Exchange::ArmIdle() {
  const int64_t limit = IdleLimitMs();
  if (limit > 0) {
    idle_timer_.Arm(limit);
  } else {
    idle_timer_.Disarm();
  }
}

void Exchange::OnIdleTimeout() {
  const int64_t limit = IdleLimitMs();
  if (limit <= 0) return;
  const int64_t left = last_activity_ms_ + limit - loop_.now_ms();
  // Activity only moved the mark: the timer is re-armed when it fires, not at every byte.
  if (left > 0) return idle_timer_.Arm(left);
  TimedOut(request_ended_ ? 504 : 408, ResponseFlag::kStreamIdleTimeout, "stream-idle-timeout");
}

void Exchange::OnMaxDuration() {
  TimedOut(request_ended_ ? 504 : 408, ResponseFlag::kDurationTimeout, "max-stream-duration");
}

void Exchange::OnRequestTimeout() {
  Reply({.status = 408,
         .detail = "request-timeout",
         .message = "The request did not arrive in time."});
}

void Exchange::OnRouteTimeout() {
  // Before the answer's head this is a 504; after it, the answer is cut.
  call_.TimeOut();
}

void Exchange::TimedOut(uint16_t status, ResponseFlag flag, std::string_view detail) {
  filters::LocalReply reply{
      .status = status, .detail = detail, .message = "The request took too long."};
  reply.flags.Add(flag);
  Reply(reply);
}

// ---- The end ------------------------------------------------------------------------------------

void Exchange::OnStreamComplete() {
  stream_ = nullptr;
  Over();
}

telemetry::LogEntry Exchange::LogEntry() const {
  return {.info = info_,
          .request = request_,
          .response = response_.status == 0 ? nullptr : &response_,
          .response_trailers = response_trailers_};
}

void Exchange::Over() {
  if (std::exchange(over_, true)) return;
  filters_.Stop();
  call_.Cancel();
  // A request that broke off is no request to mirror.
  for (const std::shared_ptr<Shadow>& shadow : shadows_) shadow->Abandon();
  route_timer_.Disarm();
  request_timer_.Disarm();
  idle_timer_.Disarm();
  duration_timer_.Disarm();
  info_.complete_ns = loop_.now_ns();
  ListenerMetrics& metrics = runtime_.metrics();
  metrics.active_requests.Add(-1);
  metrics.by_class[std::min(info_.status / 100, 5)]->Add();
  metrics.duration.RecordNs(info_.complete_ns - info_.start_ns);
  metrics.bytes_in.Add(info_.request_body_bytes);
  metrics.bytes_out.Add(info_.response_body_bytes);
  runtime_.Log(LogEntry());
  loop_.DeleteLater(std::unique_ptr<event::Deferred>(this));
}

}  // namespace sluice::exchange
