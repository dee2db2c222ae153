// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"

namespace sluice::http2 {

class ClientSide;

// The client side of one HTTP/2 connection.
//
// Beyond http::ClientCodec:
// - Output waits from birth (preface and SETTINGS): the host flushes once after construction.
// - How a stream failed: refused, or beyond the last id of a GOAWAY: Retry::kSafe; the connection
//   closed before any answer: kIfReused; else kNever.
// - After a malformed response the connection takes no more streams (can_open_stream is false),
//   and finishes when those it has are done: such a peer is not trusted with another request.
// - A peer that resets the stream after its whole answer does not fail it: what the sink still
//   sends is dropped, and OnStreamComplete comes when the sink has sent its end.
// - A request with `upgrade` fails with kUnsupported: extended CONNECT is not spoken upstream.
//
// Thread:   its worker only.
// Lifetime: `options`, `host` and `clock` outlive it.
// Errors:   as Http2ServerCodec, with the sides exchanged.
// Limits:   as Http2ServerCodec; at most kMaxInformational interim responses a stream.
class Http2ClientCodec final : public http::ClientCodec {
 public:
  static constexpr int kMaxInformational = 8;

  Http2ClientCodec(const http::Http2Options& options, http::ClientCodecHost& host,
                   const base::Clock& clock = base::Clock::System());
  ~Http2ClientCodec() override;

  void Receive(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  bool has_output() const override;
  bool wants_input() const override;
  size_t active_streams() const override;
  bool finished() const override;
  void Drain() override;

  http::ClientStream& NewStream(http::ResponseSink& sink) override;
  bool can_open_stream() const override;
  size_t max_concurrent_streams() const override;

 private:
  std::unique_ptr<ClientSide> side_;
};

}  // namespace sluice::http2
