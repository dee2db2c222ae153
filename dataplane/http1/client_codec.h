// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/client_stream.h"
#include "dataplane/http1/head_scanner.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// The client side of one HTTP/1.1 connection: one request at a time, and an upstream that is not
// trusted to count.
//
//     idle ──NewStream──▶ exchange (request leaves ║ response arrives) ──both over──▶ idle
//      │ any byte, end          │ bad answer, reset, early or surplus answer, close
//      └────────▶ dead ◀────────┘
//
// The connection can take another request only if the answer came after the request was complete,
// was delimited, kept the connection, and left no byte behind it. Bytes that come while nothing was
// asked end the connection: they would be read as the next request's answer (UP-02, UP-03).
//
// A final answer other than 101 to an upgrade request (other than 2xx to CONNECT) ends that
// request; what was sent for the tunnel meanwhile was held and is dropped (WS-02).
//
// Thread:   its worker's only.
// Lifetime: `options` and `host` outlive the codec. An idle one holds no buffer and no stream.
// Errors:   OnReset with side kUpstream; `retry` says kSafe where nothing had left, and kIfReused
//           where a connection that had served before closed without a byte of an answer.
// Limits:   options.limits; options.max_informational interim answers a request.
class Http1ClientCodec final : public http::ClientCodec {
 public:
  Http1ClientCodec(const http::Http1Options& options, http::ClientCodecHost& host)
      : options_(options), host_(host) {}
  ~Http1ClientCodec() override;

  http::ClientStream& NewStream(http::ResponseSink& sink) override;
  bool can_open_stream() const override { return stream_ == nullptr && !dead_ && !eof_ && !drain_; }
  size_t max_concurrent_streams() const override { return 1; }

  void Receive(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  bool has_output() const override { return !out_.empty() || end_due_ || refusal_due_; }
  bool wants_input() const override {
    return !dead_ && !eof_ && (stream_ == nullptr || stream_->core.pauses == 0);
  }
  size_t active_streams() const override { return stream_ == nullptr ? 0 : 1; }
  bool finished() const override { return dead_ && !has_output(); }
  void Drain() override;

 private:
  friend class Http1ClientStream;

  // Marks that sinks may be on the stack below us: streams are released when it ends.
  class Dispatch;

  // Receiving. Each step returns whether another may follow.
  bool Step(base::Buffer& in);
  bool ReceiveHead(base::Buffer& in);
  bool TakeHead(base::Buffer& in);
  bool TakeInterimHead();
  bool TakeFinalHead(const ResponseHeadFacts& facts, size_t head_bytes);
  void OpenTunnel();
  bool ReceiveBody(base::Buffer& in);
  bool Fail(const ParseError& error);
  bool Fail(const http::StreamError& error);
  void HandleEof();

  // Sending, for the stream.
  void SendRequest(const http::RequestHead& head, bool end_stream);
  void SendData(base::Buffer& data, bool end_stream);
  void SendTrailers(const http::HeaderMap& trailers);
  void EndSend(bool kept_length);
  void ResetStream();
  void Resume();

  // Ends.
  void MaybeComplete();
  void ResetSink(const http::StreamError& error);
  void Die();
  void ReleaseIfGone();

  const http::Http1Options& options_;
  http::ClientCodecHost& host_;
  base::Buffer out_;
  std::unique_ptr<Http1ClientStream> stream_;
  HeadScanner scanner_;
  size_t held_ = 0;      // What the last Receive left unread.
  bool reused_ = false;  // A request was answered here before.
  bool close_ = false;   // No further request on this connection.
  bool drain_ = false;
  bool end_due_ = false;      // The request ended with nothing left to produce.
  bool refusal_due_ = false;  // The sink must hear that its head was not sent.
  bool eof_ = false;
  bool dead_ = false;
  bool dispatching_ = false;
  bool receiving_ = false;
};

}  // namespace sluice::http1
