// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/fake_http2_upstream.h"

#include "absl/log/check.h"
#include "base/arena.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/http2/server_codec.h"

namespace sluice::upstream {

using Request = FakeHttp2Upstream::Request;

void Request::OnRequest(http::RequestHead& head, bool end_stream) {
  method = std::string(head.method);
  scheme = std::string(head.scheme);
  authority = std::string(head.authority);
  path = std::string(head.path);
  for (const auto& field : head.headers) headers[std::string(field.name)] = field.value;
  accepts_trailers = head.accepts_trailers;
  ended = end_stream;
}

void Request::OnData(base::Buffer& data, bool end_stream) {
  body += data.ToString();
  data.Clear();
  ended = ended || end_stream;
}

void Request::OnReset(const http::StreamError&) {
  reset = true;
  stream = nullptr;
}

void Request::Answer(uint16_t status, std::string_view body) {
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = status;
  if (body.empty()) return stream->SendResponse(head, /*end_stream=*/true);
  head.framing = {http::Framing::Kind::kLength, body.size()};
  stream->SendResponse(head, /*end_stream=*/false);
  SendBody(body, /*end=*/true);
}

void Request::SendHead(uint16_t status, std::string_view content_type) {
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = status;
  head.framing.kind = http::Framing::Kind::kStreamed;
  head.headers.Add("content-type", content_type);
  stream->SendResponse(head, /*end_stream=*/false);
}

void Request::SendBody(std::string_view bytes, bool end) {
  base::Buffer data;
  data.AppendCopy(bytes);
  stream->SendData(data, end);
}

void Request::SendTrailers(const std::vector<std::pair<std::string, std::string>>& trailers) {
  http::HeaderMap fields;
  for (const auto& [name, value] : trailers) fields.Add(name, value);
  stream->SendTrailers(fields);
}

void Request::Refuse() {
  http::StreamError error;
  error.kind = http::ErrorKind::kReset;
  error.retry = http::Retry::kSafe;
  std::exchange(stream, nullptr)->Reset(error);
}

class FakeHttp2Upstream::Peer final : public event::ConnectionUser, public http::ServerCodecHost {
 public:
  Peer(FakeHttp2Upstream& server, size_t index, std::unique_ptr<event::Transport> transport)
      : server_(server), index_(index) {
    connection_ = std::make_unique<event::Connection>(server.loop_, std::move(transport), *this);
    codec_ = std::make_unique<http2::Http2ServerCodec>(server.options_, *this);
    connection_->Start(/*connecting=*/false);
    if (connection_ != nullptr) connection_->RequestFlush();
  }
  ~Peer() { codec_.reset(); }

  void GoAway() {
    codec_->Drain();
    connection_->RequestFlush();
  }
  void Close() {
    connection_.reset();
    codec_.reset();
    closed_ = true;
  }
  bool closed() const { return closed_; }

  void OnConnected() override {}
  void OnBytes(base::Buffer& in) override { codec_->Receive(in); }
  void OnEof() override {
    codec_->OnEof();
    connection_->CloseNow();
  }
  void Produce(base::Buffer& out, size_t limit) override {
    if (codec_ != nullptr) codec_->Produce(out, limit);
  }
  void OnFlushed() override {
    if (codec_->finished()) connection_->CloseNow();
  }
  void OnClosed(bool) override {
    closed_ = true;
    codec_.reset();
  }

  void OnOutputReady() override {
    if (connection_ != nullptr) connection_->RequestFlush();
  }
  void OnReceiveReady() override {}
  http::RequestSink& OnNewStream(http::ServerStream& stream) override {
    server_.requests_.push_back(std::make_unique<Request>());
    Request& request = *server_.requests_.back();
    request.stream = &stream;
    request.peer = index_;
    return request;
  }
  void OnStreamComplete(http::ServerStream&, http::RequestSink& sink) override {
    static_cast<Request&>(sink).stream = nullptr;
  }
  void OnBadRequest(uint16_t, const http::StreamError&, std::string_view) override {}

 private:
  FakeHttp2Upstream& server_;
  const size_t index_;
  std::unique_ptr<event::Connection> connection_;
  std::unique_ptr<http2::Http2ServerCodec> codec_;
  bool closed_ = false;
};

FakeHttp2Upstream::FakeHttp2Upstream(event::Loop& loop, http::Http2Options options, Wrap wrap)
    : loop_(loop), options_(options), wrap_(std::move(wrap)) {
  auto fd = event::ListenSocket(*event::Address::FromIp("127.0.0.1", 0),
                                {.reuse_port = false, .backlog = 128});
  CHECK_OK(fd.status());
  fd_ = *std::move(fd);
  port_ = event::LocalAddress(fd_.get())->port();
  event::FdHandler& handler = *this;
  watch_ = std::make_unique<event::FdWatch>(loop_, fd_.get(), handler);
  watch_->SetInterest(/*readable=*/true, /*writable=*/false);
}

FakeHttp2Upstream::~FakeHttp2Upstream() = default;

void FakeHttp2Upstream::OnReadable() {
  while (true) {
    event::Accepted accepted = event::AcceptSocket(fd_.get());
    if (!accepted.fd.valid()) return;
    std::unique_ptr<event::Transport> transport =
        wrap_ != nullptr ? wrap_(std::move(accepted.fd))
                         : std::make_unique<event::PlainTransport>(std::move(accepted.fd));
    peers_.push_back(std::make_unique<Peer>(*this, peers_.size(), std::move(transport)));
  }
}

void FakeHttp2Upstream::GoAway(size_t peer) { peers_[peer]->GoAway(); }

void FakeHttp2Upstream::Close(size_t peer) { peers_[peer]->Close(); }

bool FakeHttp2Upstream::closed(size_t peer) const { return peers_[peer]->closed(); }

}  // namespace sluice::upstream
