// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "dataplane/http/codec.h"
#include "dataplane/upstream/attempt.h"

namespace sluice::upstream {

// A FakeExchange makes one GET request after another and keeps what came of the last.
class FakeExchange final : public AttemptOwner {
 public:
  void OnStreamReady(http::ClientStream& stream) override {
    this->stream = &stream;
    if (!send_at_once) return;
    Send();
  }

  void Send() {
    base::Arena arena;
    http::RequestHead head(arena);
    head.method = "GET";
    head.scheme = "http";
    head.authority = "test.example";
    head.path = path;
    stream->SendRequest(head, /*end_stream=*/true);
  }

  void OnInformational(http::ResponseHead&) override {}
  void OnResponse(http::ResponseHead& head, bool end_stream) override {
    status = head.status;
    if (end_stream) ended = true;
  }
  void OnData(base::Buffer& data, bool end_stream) override {
    body += data.ToString();
    data.Clear();
    if (end_stream) ended = true;
  }
  void OnTrailers(http::HeaderMap&) override { ended = true; }
  void OnReset(const http::StreamError& error) override {
    reset = error;
    stream = nullptr;
  }
  void OnCanSend() override {}
  void OnStreamComplete() override {
    complete = true;
    stream = nullptr;
  }

  // Forgets the last request.
  void Clear() {
    stream = nullptr;
    status = 0;
    body.clear();
    ended = complete = false;
    reset.reset();
  }

  bool done() const { return complete || reset.has_value(); }

  bool send_at_once = true;
  std::string path = "/";
  http::ClientStream* stream = nullptr;
  uint16_t status = 0;
  std::string body;
  bool ended = false;
  bool complete = false;
  std::optional<http::StreamError> reset;
  Attempt attempt{*this};
};

}  // namespace sluice::upstream
