// SPDX-License-Identifier: Apache-2.0
// A kept-alive exchange allocates nothing in either codec once it has run a few times. Measured by
// counting every operator new of this binary, around both codecs talking to each other.
#include <string>
#include <string_view>

#include "base/allocation_count.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http1/client_codec.h"
#include "dataplane/http1/server_codec.h"
#include "gtest/gtest.h"

namespace sluice::http1 {
namespace {

// Joins a client's connection to an upstream's: what a proxy does, without anything else.
class Relay final : public http::ServerCodecHost,
                    public http::RequestSink,
                    public http::ClientCodecHost,
                    public http::ResponseSink {
 public:
  explicit Relay(const http::Http1Options& options)
      : server(options, *this), client(options, *this) {}

  void OnOutputReady() override {}
  void OnReceiveReady() override {}
  void OnCapacityChanged() override {}
  void OnCanSend() override {}
  void OnReset(const http::StreamError&) override { ++resets; }
  http::RequestSink& OnNewStream(http::ServerStream& stream) override {
    downstream = &stream;
    return *this;
  }
  void OnStreamComplete(http::ServerStream&, http::RequestSink&) override { ++completed; }
  void OnBadRequest(uint16_t, const http::StreamError&, std::string_view) override { ++resets; }
  void OnRequest(http::RequestHead& head, bool end_stream) override {
    upstream = &client.NewStream(*this);
    upstream->SendRequest(head, end_stream);
    to_upstream = true;
  }
  void OnStreamComplete(http::ResponseSink&) override {}
  void OnInformational(http::ResponseHead&) override {}
  void OnResponse(http::ResponseHead& head, bool end_stream) override {
    to_upstream = false;
    downstream->SendResponse(head, end_stream);
  }
  void OnData(base::Buffer& data, bool end_stream) override {
    if (to_upstream) {
      upstream->SendData(data, end_stream);
    } else {
      downstream->SendData(data, end_stream);
    }
  }
  void OnTrailers(http::HeaderMap&) override {}

  bool to_upstream = true;
  size_t completed = 0;
  size_t resets = 0;
  http::ServerStream* downstream = nullptr;
  http::ClientStream* upstream = nullptr;
  Http1ServerCodec server;
  Http1ClientCodec client;
};

void Exchange(Relay& relay, std::string_view request, std::string_view response) {
  base::Buffer bytes;
  bytes.AppendCopy(request);
  relay.server.Receive(bytes);
  base::Buffer out;
  relay.client.Produce(out, SIZE_MAX);
  out.Clear();
  bytes.AppendCopy(response);
  relay.client.Receive(bytes);
  relay.server.Produce(out, SIZE_MAX);
}

TEST(Http1AllocationTest, AKeptAliveExchangeAllocatesNothing) {
  const http::Http1Options options;
  const std::string response =
      "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 256\r\n\r\n" +
      std::string(256, 'x');
  Relay relay(options);
  const auto run = [&] {
    Exchange(relay, "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
             response);
    Exchange(relay,
             "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
  };
  for (int i = 0; i < 4; ++i) run();
  const size_t before = base::AllocationCount();
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(base::AllocationCount(), before);
  EXPECT_EQ(relay.completed, 208u);
  EXPECT_EQ(relay.resets, 0u);
}

TEST(Http1AllocationTest, AnIdleCodecIsSmall) {
  EXPECT_LE(sizeof(Http1ServerCodec), 320u);
  EXPECT_LE(sizeof(Http1ClientCodec), 320u);
}

}  // namespace
}  // namespace sluice::http1
