// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/buffer.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/head_scanner.h"
#include "dataplane/http1/head_writer.h"
#include "dataplane/http1/parse_error.h"
#include "dataplane/http1/request_head_parser.h"
#include "dataplane/http1/server_stream.h"

namespace sluice::http1 {

// The server side of one HTTP/1.1 connection: strict RFC 9112, one request at a time.
//
//     awaiting head ──head──▶ exchange (request arrives ║ response leaves) ──both over──▶ awaiting
//          │ bad head                 │ bad body, reset, early end            └─close──▶ dead
//          └──error reply──▶ dead ◀───┘
//
// A pipelined request is not looked at before the exchange in front of it is over in both
// directions, and the exchange is over only when its response has been produced: a client that does
// not read is not served ahead.
//
// A response that ends before its request has arrived ends the connection, unless little of the
// body is known to be missing (kDrainBytes), which is then read for a while (H1-08).
//
// A client that ends its sending before the response is complete is taken for gone (OnReset), as
// it nearly always is; only a tunnel goes on half-closed.
//
// Thread:   its worker's only.
// Lifetime: `options` and `host` outlive the codec. An idle one holds no buffer and no stream.
// Errors:   a bad head is answered here (OnBadRequest); a bad body is OnReset, then 400 if nothing
//           was answered yet; both close.
// Limits:   options.limits; reading stops when bytes of a next request wait, so that one read's
//           worth of them is all that is held.
class Http1ServerCodec final : public http::ServerCodec {
 public:
  // What of a request body is still read after the response to it.
  static constexpr uint64_t kDrainBytes = 64 * 1024;
  // And for how many sweeps (of half a second) a client may owe it.
  static constexpr int kMaxSweeps = 10;

  Http1ServerCodec(const http::Http1Options& options, http::ServerCodecHost& host)
      : options_(options), host_(host) {}
  ~Http1ServerCodec() override;

  void Receive(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  bool has_output() const override { return !out_.empty() || end_due_; }
  bool wants_input() const override;
  size_t active_streams() const override { return stream_ == nullptr ? 0 : 1; }
  bool finished() const override { return dead_ && !has_output(); }
  void Drain() override;

  bool lingering() const override;
  void SweepLingering() override;

  bool in_head() const override { return stream_ == nullptr && !dead_ && held_ > 0; }
  // OnBadRequest gets no raw bytes: the host holds them.
  void OnHeadTimeout() override;

 private:
  friend class Http1ServerStream;

  // Marks that sinks may be on the stack below us: streams are released when it ends.
  class Dispatch;

  // Receiving. Each step returns whether another may follow.
  bool Step(base::Buffer& in);
  bool ReceiveHead(base::Buffer& in);
  bool SkipEmptyLine(base::Buffer& in);
  bool BeginStream(base::Buffer& in);
  void StartBody(const RequestHeadFacts& facts, size_t head_bytes);
  bool ReceiveBody(base::Buffer& in);
  bool Refuse(const ParseError& error, base::Buffer& in);
  bool Refuse(const ParseError& error, std::string_view raw);
  void FailBody(const ParseError& error);
  void HandleEof();

  // Sending, for the stream.
  void SendInformational(const http::ResponseHead& head);
  void SendResponse(const http::ResponseHead& head, bool end_stream);
  void SwitchToTunnel(const http::ResponseHead& head);
  void RefuseSwitch();
  LengthField FrameResponse(const http::ResponseHead& head, bool end_stream);
  bool StaysOpenAfterResponse() const;
  void SendData(base::Buffer& data, bool end_stream);
  void SendTrailers(const http::HeaderMap& trailers);
  void EndSend(bool kept_length);
  void ResetStream(const http::StreamError& error);
  void Resume();

  // Ends.
  void AfterResponse();
  void Complete();
  void ResetSink(const http::StreamError& error);
  void Die();
  void ReleaseIfGone();

  const http::Http1Options& options_;
  http::ServerCodecHost& host_;
  base::Buffer out_;
  std::unique_ptr<Http1ServerStream> stream_;
  HeadScanner scanner_;
  size_t held_ = 0;  // What the last Receive left unread.
  int sweeps_ = 0;   // That found the rest of this request's body missing.
  bool skipped_empty_line_ = false;
  bool close_ = false;    // After the current response.
  bool drain_ = false;    // Asked to take no more.
  bool end_due_ = false;  // The response ended; Produce has still to say so.
  bool eof_ = false;
  bool dead_ = false;
  bool dispatching_ = false;
  bool receiving_ = false;
};

}  // namespace sluice::http1
