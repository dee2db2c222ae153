// SPDX-License-Identifier: Apache-2.0
// What a kept-alive exchange costs in the codec alone, on either side. Run it on a quiet core:
//   bazel run --config=opt //dataplane/http1:codec_bench
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http1/client_codec.h"
#include "dataplane/http1/request_head_parser.h"
#include "dataplane/http1/server_codec.h"

namespace sluice::http1 {
namespace {

// What a browser sends: ten fields, some 400 bytes.
constexpr std::string_view kRequest =
    "GET /api/v1/catalogue/items/8675309?fields=name,price HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://shop.example.com/\r\n"
    "Cookie: session=0123456789abcdef\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n"
    "X-Request-Id: 7b0c9d3e\r\n"
    "\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx\r\n"
    "Date: Tue, 24 Nov 2026 08:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 256\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

// Answers each request with 256 bytes of its own.
class Answerer final : public http::ServerCodecHost, public http::RequestSink {
 public:
  Answerer() : head_(arena_), body_(base::Slice::Copy(std::string(256, 'x'))) {
    head_.status = 200;
    head_.framing = {http::Framing::Kind::kLength, 256};
    head_.headers.Add(http::HeaderId::kContentType, "application/json");
    head_.headers.Add(http::HeaderId::kServer, "nginx");
    head_.headers.Add(http::HeaderId::kDate, "Tue, 24 Nov 2026 08:00:00 GMT");
  }
  void OnOutputReady() override {}
  void OnReceiveReady() override {}
  http::RequestSink& OnNewStream(http::ServerStream& stream) override {
    stream_ = &stream;
    return *this;
  }
  void OnStreamComplete(http::ServerStream&, http::RequestSink&) override {}
  void OnBadRequest(uint16_t, const http::StreamError&, std::string_view) override { std::abort(); }
  void OnRequest(http::RequestHead&, bool) override {
    base::Buffer body;
    body.Append(body_);
    stream_->SendResponse(head_, false);
    stream_->SendData(body, true);
  }
  void OnData(base::Buffer&, bool) override {}
  void OnTrailers(http::HeaderMap&) override {}
  void OnReset(const http::StreamError&) override {}
  void OnCanSend() override {}

 private:
  base::Arena arena_;
  http::ResponseHead head_;
  base::Slice body_;
  http::ServerStream* stream_ = nullptr;
};

// Fills a block as a socket would: what is left is the codec's own cost.
void Fill(base::Buffer& in, std::string_view bytes) {
  absl::Span<char> room = in.Reserve(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  in.Commit(bytes.size());
}

void BM_ParseRequestHead(benchmark::State& state) {
  const http::Http1Options options;
  base::Arena arena;
  http::RequestHead head(arena);
  for (auto _ : state) {
    base::Buffer in;
    Fill(in, kRequest);
    RequestHeadFacts facts;
    HeadScanner scanner;
    benchmark::DoNotOptimize(scanner.Scan(in, 60 * 1024));
    const ParseError error = ParseRequestHead(in.Linearize(scanner.size()), options, head, facts);
    benchmark::DoNotOptimize(error.ok());
    head.headers.Clear();
    arena.Reset();
  }
}
BENCHMARK(BM_ParseRequestHead);

void BM_ServerExchange(benchmark::State& state) {
  const http::Http1Options options;
  Answerer host;
  Http1ServerCodec codec(options, host);
  for (auto _ : state) {
    base::Buffer in;
    Fill(in, kRequest);
    codec.Receive(in);
    base::Buffer out;
    codec.Produce(out, 64 * 1024);
    benchmark::DoNotOptimize(out.size());
  }
}
BENCHMARK(BM_ServerExchange);

class Asker final : public http::ClientCodecHost, public http::ResponseSink {
 public:
  void OnOutputReady() override {}
  void OnReceiveReady() override {}
  void OnStreamComplete(http::ResponseSink&) override {}
  void OnCapacityChanged() override {}
  void OnInformational(http::ResponseHead&) override {}
  void OnResponse(http::ResponseHead&, bool) override {}
  void OnData(base::Buffer& data, bool) override { bytes += data.size(); }
  void OnTrailers(http::HeaderMap&) override {}
  void OnReset(const http::StreamError&) override { std::abort(); }
  void OnCanSend() override {}
  size_t bytes = 0;
};

void BM_ClientExchange(benchmark::State& state) {
  const http::Http1Options options;
  const std::string response = std::string(kResponse) + std::string(256, 'x');
  std::string section(kRequest);
  base::Arena arena;
  http::RequestHead head(arena);
  RequestHeadFacts facts;
  if (!ParseRequestHead(base::Slice::Copy(section), options, head, facts).ok()) std::abort();
  Asker host;
  Http1ClientCodec codec(options, host);
  for (auto _ : state) {
    codec.NewStream(host).SendRequest(head, true);
    base::Buffer out;
    codec.Produce(out, 64 * 1024);
    out.Clear();
    base::Buffer in;
    Fill(in, response);
    codec.Receive(in);
  }
  benchmark::DoNotOptimize(host.bytes);
}
BENCHMARK(BM_ClientExchange);

}  // namespace
}  // namespace sluice::http1

BENCHMARK_MAIN();
