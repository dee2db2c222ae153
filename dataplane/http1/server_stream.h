// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dataplane/http/codec.h"
#include "dataplane/http1/stream_core.h"

namespace sluice::http1 {

class Http1ServerCodec;

// One request and its response on a server connection: thin, for what a stream may send depends on
// the connection, which is Http1ServerCodec's.
//
// Thread:   its worker's only.
// Lifetime: from its codec's pool and back; a call after Reset is ignored while the codec lives.
class Http1ServerStream final : public http::ServerStream {
 public:
  Http1ServerStream() : head(core.arena) {}

  void SendData(base::Buffer& data, bool end_stream) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset(const http::StreamError& error) override;
  bool ShouldPause() const override { return core.above_high_mark; }
  void PauseReceiving() override;
  void ResumeReceiving() override;
  void SendInformational(const http::ResponseHead& response) override;
  void SendResponse(const http::ResponseHead& response, bool end_stream) override;

  // As new.
  void Clear();

  // What follows is the codec's.
  Http1ServerCodec* codec = nullptr;
  http::RequestSink* sink = nullptr;
  StreamCore core;
  http::RequestHead head;
  // What the request said of its own answer. Kept apart from `head`, which the sink may edit: a
  // filter that rewrites a method must not change how the client will read the answer.
  http::Version version = http::Version::kHttp11;
  std::string_view upgrade;
  bool is_head = false;
  bool is_connect = false;
  bool expects_continue = false;
  bool may_tunnel = false;     // Upgrade or CONNECT, not answered yet: bytes are held, not read.
  bool sent_continue = false;  // A client that expects it may send its body now.
  bool body_begun = false;
};

}  // namespace sluice::http1
