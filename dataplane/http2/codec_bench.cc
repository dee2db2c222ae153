// SPDX-License-Identifier: Apache-2.0
// What a request and its response cost in both codecs together, in memory: no sockets, no TLS.
#include <cstdlib>
#include <string>

#include "base/arena.h"
#include "benchmark/benchmark.h"
#include "dataplane/http2/client_codec.h"
#include "dataplane/http2/server_codec.h"

namespace sluice::http2 {
namespace {

struct ServerEnd final : http::ServerCodecHost, http::RequestSink {
  void OnOutputReady() override {}
  void OnReceiveReady() override {}
  http::RequestSink& OnNewStream(http::ServerStream& s) override {
    stream = &s;
    return *this;
  }
  void OnStreamComplete(http::ServerStream&, http::RequestSink&) override {}
  void OnBadRequest(uint16_t, const http::StreamError&, std::string_view) override { std::abort(); }
  void OnRequest(http::RequestHead& request, bool) override {
    http::ResponseHead head(request.arena);
    head.status = 200;
    head.headers.Add(http::HeaderId::kContentType, "text/plain");
    head.headers.Add(http::HeaderId::kDate, "Tue, 24 Nov 2026 08:00:00 GMT");
    head.framing = {http::Framing::Kind::kLength, body.size()};
    stream->SendResponse(head, false);
    base::Buffer data;
    data.Append(base::Slice::Literal(body));
    stream->SendData(data, true);
  }
  void OnData(base::Buffer&, bool) override {}
  void OnTrailers(http::HeaderMap&) override {}
  void OnReset(const http::StreamError&) override { std::abort(); }
  void OnCanSend() override {}

  std::string body;
  http::ServerStream* stream = nullptr;
};

struct ClientEnd final : http::ClientCodecHost, http::ResponseSink {
  void OnOutputReady() override {}
  void OnReceiveReady() override {}
  void OnStreamComplete(http::ResponseSink&) override { ++completed; }
  void OnCapacityChanged() override {}
  void OnInformational(http::ResponseHead&) override {}
  void OnResponse(http::ResponseHead&, bool) override {}
  void OnData(base::Buffer&, bool) override {}
  void OnTrailers(http::HeaderMap&) override {}
  void OnReset(const http::StreamError&) override { std::abort(); }
  void OnCanSend() override {}

  benchmark::IterationCount completed = 0;
};

// Argument: bytes of the response's body.
void RequestAndResponse(benchmark::State& state) {
  http::Http2Options options;
  ServerEnd server_end;
  server_end.body.assign(static_cast<size_t>(state.range(0)), 'b');
  ClientEnd client_end;
  Http2ServerCodec server(options, server_end);
  Http2ClientCodec client(options, client_end);
  base::Buffer up, down;
  const auto exchange = [&] {
    client.Produce(up, 1 << 20);
    server.Receive(up);
    server.Produce(down, 1 << 20);
    client.Receive(down);
  };
  exchange();
  for (auto _ : state) {
    base::Arena arena;
    http::RequestHead head(arena);
    head.method = "GET";
    head.scheme = "http";
    head.authority = "bench.example";
    head.path = "/some/path?with=query";
    head.headers.Add(http::HeaderId::kUserAgent, "bench/1.0");
    head.headers.Add(http::HeaderId::kAccept, "*/*");
    client.NewStream(client_end).SendRequest(head, true);
    exchange();
  }
  if (client_end.completed != state.iterations()) std::abort();
}
BENCHMARK(RequestAndResponse)->Arg(256)->Arg(16384);

}  // namespace
}  // namespace sluice::http2
