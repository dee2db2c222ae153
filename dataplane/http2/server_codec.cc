// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/server_codec.h"

#include <string>
#include <string_view>

#include "dataplane/http/problem_details.h"
#include "dataplane/http2/field_reader.h"
#include "dataplane/http2/session.h"
#include "dataplane/http2/wire_stream.h"

namespace sluice::http2 {
namespace {

uint32_t ResetCode(const http::StreamError& error) {
  if (error.retry == http::Retry::kSafe) return NGHTTP2_REFUSED_STREAM;
  switch (error.kind) {
    case http::ErrorKind::kProtocol:
      return error.side == http::Side::kDownstream ? NGHTTP2_PROTOCOL_ERROR
                                                   : NGHTTP2_INTERNAL_ERROR;
    case http::ErrorKind::kFlood:
      return NGHTTP2_ENHANCE_YOUR_CALM;
    case http::ErrorKind::kIdleTimeout:
    case http::ErrorKind::kFlushTimeout:
    case http::ErrorKind::kHeaderTimeout:
      return NGHTTP2_CANCEL;
    default:
      return NGHTTP2_INTERNAL_ERROR;
  }
}

class Http2ServerStream final : public StreamOf<http::ServerStream> {
 public:
  Http2ServerStream(Session& session, const http::Http2Options& options,
                    http::ServerCodecHost& host)
      : StreamOf(session, options.limits), host_(host), head_(arena_), reader_(options, head_) {}

  // http::ServerStream
  void SendInformational(const http::ResponseHead& head) override {
    if (closed() || failed()) return;
    session_.fields().SetResponse(head);
    session_.SubmitInformational(id());
  }
  void SendResponse(const http::ResponseHead& head, bool end_stream) override {
    if (closed() || failed()) return;
    session_.fields().SetResponse(head);
    out_ended_ = end_stream;
    session_.SubmitResponse(id(), end_stream);
  }
  void Reset(const http::StreamError& error) override { ResetBySink(error, ResetCode(error)); }

  // WireStream
  void OnBlockBegin() override {
    if (head_read_) reader_.BeginTrailers(trailers_);
  }
  BlockVerdict OnField(std::string_view name, std::string_view value) override {
    reader_.OnField(name, value);
    return reader_.verdict();
  }
  void OnMalformed() override { Reject(reader_.kind(), reader_.detail()); }
  void OnBlockEnd(bool end_stream) override {
    head_read_ ? OnTrailersEnd(end_stream) : OnHeadEnd(end_stream);
  }

 private:
  void OnHeadEnd(bool end_stream);
  void OnTrailersEnd(bool end_stream);
  void AnswerByCodec();

  bool ClosedWell() const override { return end_sent_; }
  bool IsComplete() const override { return end_sent_; }
  http::StreamError ErrorOnClose(uint32_t error_code) const override {
    return {http::ErrorKind::kReset, http::Side::kDownstream, http::Retry::kNever,
            error_code == NGHTTP2_CANCEL ? "h2-client-cancelled" : "h2-client-reset"};
  }
  void DeliverHead() override;
  void DeliverEarlyFailure(const http::StreamError& error) override {
    if (error.kind == http::ErrorKind::kProtocol ||
        error.kind == http::ErrorKind::kHeadersTooLarge) {
      host_.OnBadRequest(0, error, {});
    }
  }
  void NotifyComplete() override {
    if (sink_ != nullptr) host_.OnStreamComplete(*this, *request_sink_);
  }

  http::ServerCodecHost& host_;
  http::RequestHead head_;
  RequestReader reader_;
  http::RequestSink* request_sink_ = nullptr;
  bool head_read_ = false;
  bool answered_by_codec_ = false;
};

void Http2ServerStream::OnHeadEnd(bool end_stream) {
  head_read_ = true;
  reader_.Finish(end_stream);
  if (reader_.verdict() == BlockVerdict::kMalformed) return OnMalformed();
  has_expected_length_ = head_.framing.kind == http::Framing::Kind::kLength;
  expected_length_ = head_.framing.length;
  if (reader_.verdict() == BlockVerdict::kRefused) {
    answered_by_codec_ = true;
    has_expected_length_ = false;
  }
  head_pending_ = true;
  if (end_stream) EndReceiving();
  MarkReady();
}

void Http2ServerStream::OnTrailersEnd(bool end_stream) {
  if (answered_by_codec_) return;
  if (!end_stream) return Reject(http::ErrorKind::kProtocol, "h2-trailers-without-end-stream");
  if (reader_.verdict() != BlockVerdict::kFine) return OnMalformed();
  EndReceiving();
}

void Http2ServerStream::DeliverHead() {
  if (!head_pending_) return;
  head_pending_ = false;
  if (answered_by_codec_) return AnswerByCodec();
  head_told_ = true;
  end_told_ = EndsWithHead();
  request_sink_ = &host_.OnNewStream(*this);
  sink_ = request_sink_;
  request_sink_->OnRequest(head_, end_told_);
}

void Http2ServerStream::AnswerByCodec() {
  const std::string body = http::ProblemDetails(reader_.status(), /*detail=*/{}, reader_.detail());
  http::ResponseHead answer(arena_);
  answer.status = reader_.status();
  answer.headers.Add(http::HeaderId::kContentType, http::kProblemType);
  answer.framing = {http::Framing::Kind::kLength, body.size()};
  const bool bodiless = head_.method == "HEAD";
  SendResponse(answer, bodiless);
  if (!bodiless) {
    base::Buffer data;
    data.AppendCopy(body);
    QueueData(data, true);
  }
  host_.OnBadRequest(
      reader_.status(),
      {reader_.kind(), http::Side::kDownstream, http::Retry::kNever, reader_.detail()}, {});
}

}  // namespace

class ServerSide final : public SessionOwner {
 public:
  ServerSide(const http::Http2Options& options, http::ServerCodecHost& host,
             const base::Clock& clock)
      : options_(options),
        host_(host),
        session_(Session::Role::kServer, options, host, *this, clock) {}

  Session& session() { return session_; }

  void OnHeadTimeout() {
    session_.OnHeadTimeout();
    host_.OnBadRequest(0,
                       {http::ErrorKind::kHeaderTimeout, http::Side::kDownstream,
                        http::Retry::kNever, "h2-header-timeout"},
                       {});
  }

 private:
  WireStream* MakePeerStream(int32_t id) override {
    return new Http2ServerStream(session_, options_, host_);
  }
  void OnPeerLimitsChanged() override {}
  void OnPeerViolation() override {}

  const http::Http2Options& options_;
  http::ServerCodecHost& host_;
  Session session_;
};

Http2ServerCodec::Http2ServerCodec(const http::Http2Options& options, http::ServerCodecHost& host,
                                   const base::Clock& clock)
    : side_(std::make_unique<ServerSide>(options, host, clock)) {}

Http2ServerCodec::~Http2ServerCodec() = default;

void Http2ServerCodec::Receive(base::Buffer& in) { side_->session().Receive(in); }
void Http2ServerCodec::OnEof() { side_->session().OnEof(); }
void Http2ServerCodec::Produce(base::Buffer& out, size_t limit) {
  side_->session().Produce(out, limit);
}
bool Http2ServerCodec::has_output() const { return side_->session().has_output(); }
bool Http2ServerCodec::wants_input() const { return side_->session().wants_input(); }
size_t Http2ServerCodec::active_streams() const { return side_->session().active_streams(); }
bool Http2ServerCodec::finished() const { return side_->session().finished(); }
void Http2ServerCodec::Drain() { side_->session().Drain(); }
bool Http2ServerCodec::in_head() const { return side_->session().in_head(); }
void Http2ServerCodec::OnHeadTimeout() { side_->OnHeadTimeout(); }
bool Http2ServerCodec::lingering() const { return side_->session().lingering(); }
void Http2ServerCodec::SweepLingering() { side_->session().SweepLingering(); }

}  // namespace sluice::http2
