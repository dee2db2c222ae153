// SPDX-License-Identifier: Apache-2.0
// Aim:    what one codec sends the other receives, byte for byte, whatever the sizes, the windows,
//         the pauses and the cuts; and memory is back where it was when all is done.
// Method: random exchanges between the two codecs in memory, from fixed seeds. A round moves some
//         bytes each way, flips some pauses and lets the sinks send what they may.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dataplane/http2/client_codec.h"
#include "dataplane/http2/recording.h"
#include "dataplane/http2/server_codec.h"
#include "dataplane/http2/worker_heap.h"
#include "gtest/gtest.h"

namespace sluice::http2 {
namespace {

class Link {
 public:
  explicit Link(uint32_t seed) : random_(seed) {
    options_.initial_stream_window_bytes = 1 + Upto(100'000);
    options_.initial_connection_window_bytes = 65535 + Upto(200'000);
    options_.limits.stream_buffer_bytes = 1 + Upto(50'000);
    // Windows this small make for more WINDOW_UPDATE frames than an honest peer's budget.
    options_.max_window_updates_per_data_frame = 1000;
    server_ = std::make_unique<Http2ServerCodec>(options_, server_host_);
    client_ = std::make_unique<Http2ClientCodec>(options_, client_host_);
  }

  void Run() {
    size_t rounds = 0;
    while (done_ < kExchanges) {
      ASSERT_LT(++rounds, 200'000u) << "no progress";
      if (exchanges_.size() < kExchanges && client_->can_open_stream()) Begin();
      Move(*client_, *server_);
      Adopt();
      Move(*server_, *client_);
      for (size_t i = 0; i < exchanges_.size(); ++i) Step(*exchanges_[i]);
    }
    Move(*client_, *server_);
    EXPECT_EQ(client_->active_streams(), 0u);
    EXPECT_EQ(server_->active_streams(), 0u);
    for (const auto& exchange : exchanges_) Check(*exchange);
  }

 private:
  static constexpr size_t kExchanges = 40;

  struct Exchange {
    std::string request, response;
    size_t request_sent = 0, response_sent = 0;
    bool request_ended = false, response_ended = false, answered = false;
    bool request_trailers = false, response_trailers = false;
    bool client_paused = false, server_paused = false;
    http::ClientStream* client_stream = nullptr;
    RecordingResponseSink client_sink;
    RecordingRequestSink* server_sink = nullptr;
    bool counted = false;
  };

  uint32_t Upto(uint32_t n) { return std::uniform_int_distribution<uint32_t>(0, n)(random_); }
  bool OneIn(uint32_t n) { return Upto(n - 1) == 0; }

  std::string Bytes() {
    std::string out(OneIn(3) ? 0 : Upto(OneIn(4) ? 300'000 : 3000), '\0');
    for (char& c : out) c = static_cast<char>(random_());
    return out;
  }

  void Begin() {
    auto exchange = std::make_unique<Exchange>();
    exchange->request = Bytes();
    exchange->response = Bytes();
    exchange->request_trailers = OneIn(3);
    exchange->response_trailers = OneIn(3);
    base::Arena arena;
    http::RequestHead head(arena);
    head.method = "POST";
    head.scheme = "http";
    head.authority = "a.example";
    head.path = arena.Concat("/", std::to_string(exchanges_.size()));
    head.headers.Add("x-filler", arena.Copy(std::string(Upto(3000), 'f')));
    head.framing = OneIn(2) ? http::Framing{http::Framing::Kind::kStreamed, 0}
                            : http::Framing{http::Framing::Kind::kLength, exchange->request.size()};
    exchange->client_stream = &client_->NewStream(exchange->client_sink);
    exchange->client_stream->SendRequest(head, false);
    exchanges_.push_back(std::move(exchange));
  }

  // Finds the exchange of each request that has arrived.
  void Adopt() {
    for (; adopted_ < server_host_.sinks.size(); ++adopted_) {
      RecordingRequestSink& sink = *server_host_.sinks[adopted_];
      exchanges_.at(std::stoul(sink.path.substr(1)))->server_sink = &sink;
    }
  }

  void Move(http::Codec& from, http::Codec& to) {
    base::Buffer out;
    from.Produce(out, 1 + Upto(40'000));
    while (!out.empty()) {
      base::Buffer in;
      if (OneIn(2)) {
        in.MoveFrom(out, 1 + Upto(static_cast<uint32_t>(out.size() - 1)));
      } else {
        in.MoveFrom(out);
      }
      to.Receive(in);
    }
    base::Buffer nothing;
    to.Receive(nothing);
    from.Receive(nothing);
  }

  // Sends a piece, and the end with or after the last. Returns true at the end.
  bool SendSome(http::Stream& stream, const std::string& all, size_t& sent, bool trailers) {
    if (stream.ShouldPause()) return false;
    const size_t n = std::min<size_t>(all.size() - sent, Upto(30'000));
    base::Buffer data;
    data.AppendCopy(std::string_view(all).substr(sent, n));
    sent += n;
    const bool last = sent == all.size();
    stream.SendData(data, last && !trailers);
    if (last && trailers) {
      http::HeaderMap fields;
      fields.Add("x-length", "known");
      stream.SendTrailers(fields);
    }
    return last;
  }

  void Toggle(bool& paused, http::Stream& stream) {
    if (paused ? OneIn(3) : OneIn(10)) {
      paused ? stream.ResumeReceiving() : stream.PauseReceiving();
      paused = !paused;
    }
  }

  void Step(Exchange& e) {
    if (e.counted) return;
    if (e.client_sink.complete) {
      ++done_;
      e.counted = true;
      return;
    }
    if (!e.request_ended) {
      e.request_ended = SendSome(*e.client_stream, e.request, e.request_sent, e.request_trailers);
    }
    Toggle(e.client_paused, *e.client_stream);
    if (e.server_sink == nullptr || e.server_sink->stream == nullptr) return;
    http::ServerStream& stream = *e.server_sink->stream;
    Toggle(e.server_paused, stream);
    // The end of the response would cut the request short.
    if (e.response_ended || !e.server_sink->ended) return;
    if (!e.answered) {
      e.answered = true;
      http::ResponseHead head(e.server_sink->arena);
      head.status = 200;
      head.framing.kind = http::Framing::Kind::kStreamed;
      stream.SendResponse(head, false);
    }
    e.response_ended = SendSome(stream, e.response, e.response_sent, e.response_trailers);
  }

  void Check(const Exchange& e) {
    ASSERT_NE(e.server_sink, nullptr);
    EXPECT_TRUE(e.server_sink->body == e.request);
    EXPECT_TRUE(e.client_sink.body == e.response);
    EXPECT_EQ(e.server_sink->trailers.empty(), !e.request_trailers);
    EXPECT_EQ(e.client_sink.trailers.empty(), !e.response_trailers);
    EXPECT_TRUE(e.server_sink->complete);
    EXPECT_FALSE(e.server_sink->reset || e.client_sink.reset);
  }

  std::mt19937 random_;
  http::Http2Options options_;
  RecordingServerHost server_host_;
  RecordingClientHost client_host_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  size_t adopted_ = 0;
  size_t done_ = 0;
  std::unique_ptr<Http2ServerCodec> server_;
  std::unique_ptr<Http2ClientCodec> client_;
};

TEST(Http2InteropTest, RandomExchangesArriveByteForByteAndLeaveNothingBehind) {
  const size_t before = HeapPiecesInUse();
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Link(seed).Run();
    EXPECT_EQ(HeapPiecesInUse(), before);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Http2InteropTest, DestructionMidwayResetsBothSides) {
  const size_t before = HeapPiecesInUse();
  RecordingServerHost server_host;
  RecordingClientHost client_host;
  RecordingResponseSink sink;
  http::Http2Options options;
  {
    Http2ServerCodec server(options, server_host);
    Http2ClientCodec client(options, client_host);
    base::Arena arena;
    http::RequestHead head(arena);
    head.method = "GET";
    head.scheme = "http";
    head.authority = "a";
    head.path = "/";
    client.NewStream(sink).SendRequest(head, true);
    base::Buffer bytes;
    client.Produce(bytes, 1 << 20);
    server.Receive(bytes);
    ASSERT_EQ(server_host.sinks.size(), 1u);
  }
  EXPECT_EQ(server_host.sinks[0]->reset->kind, http::ErrorKind::kConnectionClosed);
  EXPECT_EQ(sink.reset->kind, http::ErrorKind::kConnectionClosed);
  EXPECT_EQ(HeapPiecesInUse(), before);
}

}  // namespace
}  // namespace sluice::http2
