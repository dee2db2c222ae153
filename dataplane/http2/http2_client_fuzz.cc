// SPDX-License-Identifier: Apache-2.0
// Arbitrary frames at a client codec that has a few requests under way. The first byte chooses how
// the input is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "dataplane/http2/client_codec.h"
#include "dataplane/http2/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  if (size < 2) return 0;
  const uint8_t how = data[0];
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t step = how < 128 ? bytes.size() : 1 + how % 32;
  http::Http2Options options;
  options.initial_stream_window_bytes = 4096;
  http2::RecordingClientHost host;
  std::vector<std::unique_ptr<http2::RecordingResponseSink>> sinks;
  http2::Http2ClientCodec client(options, host);
  base::Arena arena;
  base::Buffer in, out;
  const auto ask = [&](bool whole) {
    http::RequestHead head(arena);
    head.method = whole ? "GET" : "POST";
    head.scheme = "https";
    head.authority = "a.example";
    head.path = "/";
    sinks.push_back(std::make_unique<http2::RecordingResponseSink>());
    client.NewStream(*sinks.back()).SendRequest(head, whole);
  };
  for (int i = 0; i < 3; ++i) ask(i != 1);
  client.Produce(out, 1 << 16);
  out.Clear();
  in.AppendCopy(http2::Settings());
  while (!bytes.empty()) {
    in.AppendCopy(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    client.Receive(in);
    if (client.can_open_stream() && sinks.size() < 8) ask(true);
    client.Produce(out, 16384);
    out.Clear();
  }
  client.OnEof();
  return 0;
}
