// SPDX-License-Identifier: Apache-2.0
#include "tools/demo/demo_server.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/status_macros.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/server_codec.h"

namespace sluice::demo {
namespace {

using http::Framing;

std::string Quote(std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      absl::StrAppend(&out, "\\u00", std::string_view(&kHex[byte >> 4], 1),
                      std::string_view(&kHex[byte & 15], 1));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

const http::Http1Options& Options() {
  static const http::Http1Options options = [] {
    http::Http1Options o;
    o.accept_http_10 = true;
    return o;
  }();
  return options;
}

}  // namespace

// One client and the one request that it has under way.
class DemoConnection final : public event::Deferred,
                             private event::ConnectionUser,
                             private http::ServerCodecHost,
                             private http::RequestSink {
 public:
  DemoConnection(event::Loop& loop, event::UniqueFd fd, std::string name)
      : loop_(loop),
        name_(std::move(name)),
        connection_(loop, std::make_unique<event::PlainTransport>(std::move(fd)), *this),
        codec_(std::in_place, Options(), static_cast<http::ServerCodecHost&>(*this)) {}

  void Start() { connection_.Start(/*connecting=*/false); }

 private:
  // event::ConnectionUser
  void OnConnected() override {}
  void OnBytes(base::Buffer& in) override {
    codec_->Receive(in);
    AfterCodec();
  }
  void OnEof() override {
    codec_->OnEof();
    AfterCodec();
  }
  void Produce(base::Buffer& out, size_t limit) override { codec_->Produce(out, limit); }
  void OnFlushed() override { AfterCodec(); }
  void OnClosed(bool error) override {
    codec_.reset();
    delay_.Disarm();
    loop_.DeleteLater(std::unique_ptr<event::Deferred>(this));
  }

  // http::ServerCodecHost
  void OnOutputReady() override { connection_.RequestFlush(); }
  void OnReceiveReady() override { connection_.ResumeReading(); }
  http::RequestSink& OnNewStream(http::ServerStream& stream) override {
    stream_ = &stream;
    body_bytes_ = 0;
    return *this;
  }
  void OnStreamComplete(http::ServerStream&, http::RequestSink&) override { stream_ = nullptr; }
  void OnBadRequest(uint16_t, const http::StreamError&, std::string_view) override {}

  // http::RequestSink
  void OnRequest(http::RequestHead& head, bool end_stream) override {
    request_ = &head;
    if (head.expects_continue) {
      base::Arena arena;
      http::ResponseHead go_on(arena);
      go_on.status = 100;
      stream_->SendInformational(go_on);
    }
    if (end_stream) Answer();
  }
  void OnData(base::Buffer& data, bool end_stream) override {
    body_bytes_ += data.size();
    data.Clear();
    if (end_stream) Answer();
  }
  void OnTrailers(http::HeaderMap&) override { Answer(); }
  void OnReset(const http::StreamError&) override {
    stream_ = nullptr;
    delay_.Disarm();
  }
  void OnCanSend() override { SendFill(); }

  void AfterCodec() {
    if (!codec_.has_value()) return;
    if (codec_->has_output()) connection_.RequestFlush();
    if (codec_->finished() && !std::exchange(closing_, true)) connection_.CloseAfterFlush();
  }

  // The number behind `prefix` in the path, if it is that path.
  std::optional<uint64_t> Number(std::string_view prefix) const {
    std::string_view path = request_->path.substr(0, request_->path.find('?'));
    uint64_t n = 0;
    if (path.substr(0, prefix.size()) != prefix ||
        !absl::SimpleAtoi(path.substr(prefix.size()), &n))
      return std::nullopt;
    return n;
  }

  void Answer() {
    if (const auto ms = Number("/delay/")) return delay_.Arm(static_cast<int64_t>(*ms));
    if (request_->path == "/close") return connection_.CloseNow();
    if (const auto bytes = Number("/bytes/")) return AnswerBytes(*bytes);
    if (request_->path == "/trailers") return AnswerTrailers();
    const auto status = Number("/status/");
    AnswerFacts(status.has_value() && *status >= 200 && *status < 600 ? *status : 200);
  }

  void AnswerFacts() { AnswerFacts(200); }

  void AnswerFacts(uint64_t status) {
    std::string body =
        absl::StrCat("{\"upstream\":", Quote(name_), ",\"method\":", Quote(request_->method),
                     ",\"path\":", Quote(request_->path), ",\"host\":", Quote(request_->authority),
                     ",\"headers\":{");
    bool first = true;
    for (const http::HeaderMap::Field& field : request_->headers) {
      absl::StrAppend(&body, std::exchange(first, false) ? "" : ",", Quote(field.name), ":",
                      Quote(field.value));
    }
    absl::StrAppend(&body, "},\"body_bytes\":", body_bytes_, "}\n");
    base::Arena arena;
    http::ResponseHead head(arena);
    head.status = static_cast<uint16_t>(status);
    head.headers.Add(http::HeaderId::kContentType, "application/json");
    head.headers.Add("x-upstream", name_);
    if (status == 204 || status == 304) {
      stream_->SendResponse(head, true);
    } else {
      head.framing = {Framing::Kind::kLength, body.size()};
      const bool head_only = request_->method == "HEAD";
      stream_->SendResponse(head, head_only);
      if (!head_only) {
        base::Buffer data;
        data.AppendCopy(body);
        stream_->SendData(data, true);
      }
    }
    AfterCodec();
  }

  void AnswerBytes(uint64_t bytes) {
    base::Arena arena;
    http::ResponseHead head(arena);
    head.status = 200;
    head.headers.Add(http::HeaderId::kContentType, "application/octet-stream");
    head.framing = {Framing::Kind::kLength, bytes};
    fill_left_ = bytes;
    const bool done = bytes == 0 || request_->method == "HEAD";
    stream_->SendResponse(head, done);
    if (!done) SendFill();
    AfterCodec();
  }

  // As much of the body as the codec takes; the rest follows in OnCanSend.
  void SendFill() {
    static const std::string* const block = new std::string(base::Block::kStandardSize, 'x');
    while (stream_ != nullptr && fill_left_ > 0 && !stream_->ShouldPause()) {
      const size_t n = std::min<uint64_t>(fill_left_, block->size());
      base::Buffer data;
      data.Append(base::Slice::Literal({block->data(), n}));
      fill_left_ -= n;
      stream_->SendData(data, fill_left_ == 0);
    }
  }

  void AnswerTrailers() {
    base::Arena arena;
    http::ResponseHead head(arena);
    head.status = 200;
    head.headers.Add(http::HeaderId::kTrailer, "x-checksum");
    head.framing.kind = Framing::Kind::kStreamed;
    stream_->SendResponse(head, false);
    base::Buffer data;
    data.AppendCopy("with trailers\n");
    stream_->SendData(data, false);
    http::HeaderMap trailers;
    trailers.Add("x-checksum", "abc123");
    stream_->SendTrailers(trailers);
    AfterCodec();
  }

  event::Loop& loop_;
  const std::string name_;
  event::Connection connection_;
  std::optional<http1::Http1ServerCodec> codec_;
  http::ServerStream* stream_ = nullptr;
  http::RequestHead* request_ = nullptr;
  uint64_t body_bytes_ = 0;
  uint64_t fill_left_ = 0;
  bool closing_ = false;
  event::MemberTimer<DemoConnection, &DemoConnection::AnswerFacts> delay_{loop_, *this};
};

absl::StatusOr<std::unique_ptr<DemoServer>> DemoServer::Listen(event::Loop& loop,
                                                               const event::Address& address,
                                                               std::string name) {
  event::ListenOptions options;
  options.reuse_port = false;
  SLUICE_ASSIGN_OR_RETURN(event::UniqueFd fd, event::ListenSocket(address, options));
  SLUICE_ASSIGN_OR_RETURN(event::Address bound, event::LocalAddress(fd.get()));
  return std::unique_ptr<DemoServer>(
      new DemoServer(loop, std::move(fd), std::move(bound), std::move(name)));
}

DemoServer::DemoServer(event::Loop& loop, event::UniqueFd fd, event::Address address,
                       std::string name)
    : loop_(loop),
      fd_(std::move(fd)),
      address_(std::move(address)),
      name_(std::move(name)),
      watch_(loop, fd_.get(), *this) {
  watch_.SetInterest(true, false);
}

DemoServer::~DemoServer() = default;

void DemoServer::OnReadable() {
  event::Accepted accepted = event::AcceptSocket(fd_.get());
  if (!accepted.fd.valid()) return;
  // Owns itself until it is closed.
  (new DemoConnection(loop_, std::move(accepted.fd), name_))->Start();
}

}  // namespace sluice::demo
