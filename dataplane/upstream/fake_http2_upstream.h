// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/buffer.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "dataplane/event/transport.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"

namespace sluice::upstream {

// A FakeHttp2Upstream is an HTTP/2 server on loopback, on the test's own loop: it keeps requests
// until the test answers them.
//
// Thread:   the test's.
// Lifetime: the loop outlives it.
class FakeHttp2Upstream final : private event::FdHandler {
 public:
  // One request, kept after its stream has ended.
  struct Request final : http::RequestSink {
    void OnRequest(http::RequestHead& head, bool end_stream) override;
    void OnData(base::Buffer& data, bool end_stream) override;
    void OnTrailers(http::HeaderMap&) override { ended = true; }
    void OnReset(const http::StreamError&) override;
    void OnCanSend() override {}

    void Answer(uint16_t status, std::string_view body = "");
    // The head of an answer that goes on.
    void SendHead(uint16_t status, std::string_view content_type);
    void SendBody(std::string_view bytes, bool end = false);
    void SendTrailers(const std::vector<std::pair<std::string, std::string>>& trailers);
    void Refuse();

    http::ServerStream* stream = nullptr;  // Null once over.
    size_t peer = 0;
    std::string method, scheme, authority, path, body;
    std::map<std::string, std::string> headers;
    bool accepts_trailers = false;
    bool ended = false;
    bool reset = false;
  };

  using Wrap = absl::AnyInvocable<std::unique_ptr<event::Transport>(event::UniqueFd)>;

  FakeHttp2Upstream(event::Loop& loop, http::Http2Options options, Wrap wrap = nullptr);
  ~FakeHttp2Upstream();

  uint16_t port() const { return port_; }
  size_t accepted() const { return peers_.size(); }
  size_t requests() const { return requests_.size(); }
  Request& request(size_t i) { return *requests_[i]; }

  // GOAWAY, letting streams end.
  void GoAway(size_t peer);
  // Closes the connection at once. Not from inside the loop.
  void Close(size_t peer);
  bool closed(size_t peer) const;

 private:
  class Peer;

  void OnReadable() override;
  void OnWritable() override {}

  event::Loop& loop_;
  const http::Http2Options options_;
  Wrap wrap_;
  event::UniqueFd fd_;
  std::unique_ptr<event::FdWatch> watch_;
  uint16_t port_ = 0;
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace sluice::upstream
