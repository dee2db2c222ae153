// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "dataplane/http/codec.h"
#include "dataplane/http1/response_head_parser.h"
#include "dataplane/http1/stream_core.h"

namespace sluice::http1 {

class Http1ClientCodec;

// One request and its response on a client connection: thin, as Http1ServerStream is.
//
// Thread:   its worker's only.
// Lifetime: from its codec's pool and back; a call after Reset is ignored while the codec lives.
class Http1ClientStream final : public http::ClientStream {
 public:
  Http1ClientStream() : head(core.arena) {}

  void SendData(base::Buffer& data, bool end_stream) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset(const http::StreamError& error) override;
  bool ShouldPause() const override { return core.above_high_mark; }
  void PauseReceiving() override;
  void ResumeReceiving() override;
  void SendRequest(const http::RequestHead& request, bool end_stream) override;

  // As new.
  void Clear();
  // Makes `head` ready for the next one of this stream: the final one, after an interim one.
  void ClearHead();

  // What follows is the codec's.
  Http1ClientCodec* codec = nullptr;
  http::ResponseSink* sink = nullptr;
  StreamCore core;
  http::ResponseHead head;
  ResponseContext context;
  base::Buffer held;  // Sent before the 101 that it waits for.
  uint32_t informational = 0;
  bool may_tunnel = false;  // Upgrade or CONNECT, not answered yet.
  bool produced = false;    // Some of the request has left: it may have been acted on.
  bool answered = false;    // A byte of an answer has come.
  bool have_head = false;   // The final one.
};

}  // namespace sluice::http1
