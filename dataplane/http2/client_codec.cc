// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/client_codec.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "dataplane/http2/field_reader.h"
#include "dataplane/http2/session.h"
#include "dataplane/http2/wire_stream.h"

namespace sluice::http2 {
namespace {

class Http2ClientStream final : public StreamOf<http::ClientStream> {
 public:
  Http2ClientStream(Session& session, const http::Http2Options& options,
                    http::ClientCodecHost& host, http::ResponseSink& sink)
      : StreamOf(session, options.limits),
        host_(host),
        response_sink_(sink),
        head_(arena_),
        reader_(options, arena_) {
    sink_ = &sink;
  }

  // http::ClientStream
  void SendRequest(const http::RequestHead& head, bool end_stream) override;
  void Reset(const http::StreamError& error) override { ResetBySink(error, NGHTTP2_CANCEL); }

  // WireStream
  void OnBlockBegin() override {
    head_read_ ? reader_.BeginTrailers(trailers_) : reader_.Begin(head_);
  }
  BlockVerdict OnField(std::string_view name, std::string_view value) override {
    reader_.OnField(name, value);
    return reader_.verdict();
  }
  void OnMalformed() override { Reject(reader_.kind(), reader_.detail()); }
  void OnBlockEnd(bool end_stream) override;

 private:
  void OnInterimEnd();
  void OnHeadEnd(bool end_stream);

  bool ClosedWell() const override { return receive_ended_ && head_seen(); }
  bool IsComplete() const override { return closed() && end_told_ && out_ended_; }
  http::StreamError ErrorOnClose(uint32_t error_code) const override;
  void DeliverHead() override;
  void NotifyComplete() override { host_.OnStreamComplete(response_sink_); }

  http::ClientCodecHost& host_;
  http::ResponseSink& response_sink_;
  http::ResponseHead head_;
  ResponseReader reader_;
  std::vector<std::unique_ptr<http::ResponseHead>> interim_;  // Not yet told.
  int interim_count_ = 0;
  bool head_request_ = false;
  bool head_read_ = false;
};

void Http2ClientStream::SendRequest(const http::RequestHead& head, bool end_stream) {
  if (closed() || failed()) return;
  if (!head.upgrade.empty()) {
    return Fail({http::ErrorKind::kUnsupported, http::Side::kUpstream, http::Retry::kNever,
                 "h2-upgrade-not-supported"});
  }
  head_request_ = head.method == "HEAD";
  out_ended_ = end_stream;
  session_.fields().SetRequest(head);
  const int32_t id = session_.SubmitRequest(*this, end_stream);
  if (id > 0) return set_id(id);
  // The ids of this connection are used up, or it is going away.
  Fail({http::ErrorKind::kGoAway, http::Side::kUpstream, http::Retry::kSafe,
        "h2-connection-takes-no-streams"});
}

void Http2ClientStream::OnBlockEnd(bool end_stream) {
  if (head_read_) {
    if (!end_stream) return Reject(http::ErrorKind::kProtocol, "h2-trailers-without-end-stream");
    if (reader_.verdict() != BlockVerdict::kFine) return OnMalformed();
    EndReceiving();
    return;
  }
  if (reader_.verdict() == BlockVerdict::kFine) reader_.Finish(end_stream, head_request_);
  if (reader_.verdict() != BlockVerdict::kFine) return OnMalformed();
  head_.status < 200 ? OnInterimEnd() : OnHeadEnd(end_stream);
}

void Http2ClientStream::OnInterimEnd() {
  if (++interim_count_ > Http2ClientCodec::kMaxInformational) {
    return Reject(http::ErrorKind::kProtocol, "h2-too-many-interim-responses");
  }
  auto head = std::make_unique<http::ResponseHead>(arena_);
  head->version = head_.version;
  head->status = head_.status;
  head->headers = head_.headers;
  interim_.push_back(std::move(head));
  MarkReady();
}

void Http2ClientStream::OnHeadEnd(bool end_stream) {
  head_read_ = true;
  head_pending_ = true;
  const bool bodiless = head_request_ || head_.status == 204 || head_.status == 304;
  has_expected_length_ = bodiless || head_.framing.kind == http::Framing::Kind::kLength;
  expected_length_ = bodiless ? 0 : head_.framing.length;
  if (end_stream) EndReceiving();
  MarkReady();
}

void Http2ClientStream::DeliverHead() {
  for (std::unique_ptr<http::ResponseHead>& head : std::exchange(interim_, {})) {
    response_sink_.OnInformational(*head);
    if (retired()) return;
  }
  if (!head_pending_) return;
  head_pending_ = false;
  head_told_ = true;
  end_told_ = EndsWithHead();
  response_sink_.OnResponse(head_, end_told_);
}

http::StreamError Http2ClientStream::ErrorOnClose(uint32_t error_code) const {
  const http::Side side = http::Side::kUpstream;
  if (error_code != NGHTTP2_REFUSED_STREAM) {
    return {http::ErrorKind::kReset, side, http::Retry::kNever, "h2-upstream-reset"};
  }
  if (session_.peer_goaway()) {
    return {http::ErrorKind::kGoAway, side, http::Retry::kSafe, "h2-upstream-going-away"};
  }
  return {http::ErrorKind::kReset, side, http::Retry::kSafe, "h2-upstream-refused-stream"};
}

}  // namespace

class ClientSide final : public SessionOwner {
 public:
  ClientSide(const http::Http2Options& options, http::ClientCodecHost& host,
             const base::Clock& clock)
      : options_(options),
        host_(host),
        session_(Session::Role::kClient, options, host, *this, clock) {}

  Session& session() { return session_; }
  const Session& session() const { return session_; }

  http::ClientStream& NewStream(http::ResponseSink& sink) {
    DCHECK(can_open_stream());
    auto* stream = new Http2ClientStream(session_, options_, host_, sink);
    session_.Adopt(*stream);
    return *stream;
  }

  bool can_open_stream() const {
    return !session_.going_away() && !violated_ &&
           session_.streams_on_wire() < session_.peer_max_streams();
  }

  bool finished() const {
    return session_.finished() || (violated_ && session_.active_streams() == 0);
  }

  // Tells the host of what changed inside nghttp2's callbacks.
  void TellCapacity() {
    if (std::exchange(capacity_changed_, false)) host_.OnCapacityChanged();
  }

 private:
  WireStream* MakePeerStream(int32_t id) override { return nullptr; }
  void OnPeerLimitsChanged() override { capacity_changed_ = true; }
  void OnPeerViolation() override { violated_ = capacity_changed_ = true; }

  const http::Http2Options& options_;
  http::ClientCodecHost& host_;
  bool violated_ = false;
  bool capacity_changed_ = false;
  Session session_;
};

Http2ClientCodec::Http2ClientCodec(const http::Http2Options& options, http::ClientCodecHost& host,
                                   const base::Clock& clock)
    : side_(std::make_unique<ClientSide>(options, host, clock)) {}

Http2ClientCodec::~Http2ClientCodec() = default;

void Http2ClientCodec::Receive(base::Buffer& in) {
  side_->session().Receive(in);
  side_->TellCapacity();
}

void Http2ClientCodec::OnEof() {
  side_->session().OnEof();
  side_->TellCapacity();
}

void Http2ClientCodec::Produce(base::Buffer& out, size_t limit) {
  side_->session().Produce(out, limit);
  side_->TellCapacity();
}

bool Http2ClientCodec::has_output() const { return side_->session().has_output(); }
bool Http2ClientCodec::wants_input() const { return side_->session().wants_input(); }
size_t Http2ClientCodec::active_streams() const { return side_->session().active_streams(); }
bool Http2ClientCodec::finished() const { return side_->finished(); }
void Http2ClientCodec::Drain() { side_->session().Drain(); }

http::ClientStream& Http2ClientCodec::NewStream(http::ResponseSink& sink) {
  return side_->NewStream(sink);
}

bool Http2ClientCodec::can_open_stream() const { return side_->can_open_stream(); }

size_t Http2ClientCodec::max_concurrent_streams() const {
  return side_->session().peer_max_streams();
}

}  // namespace sluice::http2
