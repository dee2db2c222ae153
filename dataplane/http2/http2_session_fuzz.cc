// SPDX-License-Identifier: Apache-2.0
// Arbitrary frames at a server codec, behind a valid preface. The first byte chooses how the input
// is cut and what the sinks do: answer at once, pause, reset.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/manual_clock.h"
#include "dataplane/http2/recording.h"
#include "dataplane/http2/server_codec.h"

namespace sluice::http2 {
namespace {

void Act(RecordingRequestSink& sink, uint8_t what) {
  if (sink.stream == nullptr) return;
  switch (what % 4) {
    case 0:
      if (!sink.answered) sink.Answer(200, "some body");
      return;
    case 1:
      sink.stream->PauseReceiving();
      sink.stream->ResumeReceiving();
      return;
    case 2:
      sink.stream->Reset({.kind = http::ErrorKind::kIdleTimeout, .detail = "fuzz"});
      sink.stream = nullptr;
      return;
    default:
      return;
  }
}

}  // namespace
}  // namespace sluice::http2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  if (size < 2) return 0;
  const uint8_t how = data[0];
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t step = how < 128 ? bytes.size() : 1 + how % 32;
  http::Http2Options options;
  options.tls = (how & 1) != 0;
  options.allow_connect = (how & 2) != 0;
  options.initial_stream_window_bytes = 4096;
  base::ManualClock clock;
  http2::RecordingServerHost host;
  http2::Http2ServerCodec server(options, host, clock);
  base::Buffer in, out;
  in.AppendCopy(http2::kClientPreface);
  in.AppendCopy(http2::Settings());
  server.Receive(in);
  size_t turn = 0;
  while (!bytes.empty()) {
    in.AppendCopy(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    server.Receive(in);
    for (size_t i = 0; i < host.sinks.size(); ++i) {
      http2::Act(*host.sinks[i], static_cast<uint8_t>(how / 4 + i + turn));
    }
    ++turn;
    server.Produce(out, 16384);
    out.Clear();
  }
  server.OnEof();
  return 0;
}
