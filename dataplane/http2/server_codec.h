// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"

namespace sluice::http2 {

class ServerSide;

// The server side of one HTTP/2 connection, prior knowledge or by ALPN.
//
// Beyond http::ServerCodec:
// - Output waits from birth (our SETTINGS): the host flushes once after construction.
// - A malformed request is answered with RST_STREAM and told by OnBadRequest with status 0.
// - One that is over a limit, or has a scheme or an expectation that we do not take, is answered by
//   the codec with that status (431, 414, 400, 417) on its stream. Neither gets a sink, and the
//   connection lives.
// - A response that ends before its request completes the stream (OnStreamComplete), and the sink
//   is not told the end of the request. What the client still sends is read and dropped, since
//   some take a reset for a failure while they send (curl before 8); RST_STREAM(NO_ERROR) follows
//   after kMaxLingeringBytes, or two sweeps.
// - Body that was told is credited to the client at once, or when the sink is no longer paused.
//
// Thread:   its worker only.
// Lifetime: `options`, `host` and `clock` outlive it.
// Errors:   what the client does to the connection ends it: GOAWAY, OnReset for every stream,
//           finished().
// Limits:   http::Http2Options; memory a connection holds for bodies not yet taken by sinks is at
//           most the connection window.
class Http2ServerCodec final : public http::ServerCodec {
 public:
  Http2ServerCodec(const http::Http2Options& options, http::ServerCodecHost& host,
                   const base::Clock& clock = base::Clock::System());
  ~Http2ServerCodec() override;

  void Receive(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  bool has_output() const override;
  bool wants_input() const override;
  size_t active_streams() const override;
  bool finished() const override;
  void Drain() override;
  bool in_head() const override;
  void OnHeadTimeout() override;
  bool lingering() const override;
  void SweepLingering() override;

 private:
  std::unique_ptr<ServerSide> side_;
};

}  // namespace sluice::http2
