// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http/request_handler.h"

namespace sluice::http {

// One request that a FakeRequestHandler was given; kept after it is over.
//
// Thread:   the test's.
class FakeRequest final : public RequestSink {
 public:
  explicit FakeRequest(ServerStream& stream, const std::function<void(FakeRequest&)>& on_request)
      : stream(&stream), on_request_(on_request) {}

  // A whole answer.
  void Answer(uint16_t status, std::string_view body = "") {
    base::Arena arena;
    ResponseHead head(arena);
    head.status = status;
    head.framing = {Framing::Kind::kLength, body.size()};
    stream->SendResponse(head, body.empty());
    if (body.empty()) return;
    base::Buffer data;
    data.AppendCopy(body);
    stream->SendData(data, true);
  }

  // Answers 200 and sends back what arrives, as it arrives, from now on. To be called from
  // on_request.
  void Echo() {
    base::Arena arena;
    ResponseHead head(arena);
    head.status = 200;
    if (!ended) head.framing.kind = Framing::Kind::kStreamed;
    stream->SendResponse(head, ended);
    echo_ = true;
  }

  void OnRequest(RequestHead& head, bool end_stream) override {
    method = head.method;
    authority = head.authority;
    path = head.path;
    for (const HeaderMap::Field& field : head.headers) {
      fields.emplace(field.name, field.value);
    }
    ended = end_stream;
    if (on_request_) on_request_(*this);
  }
  void OnData(base::Buffer& data, bool end_stream) override {
    ended = ended || end_stream;
    if (!echo_) {
      body += data.ToString();
      data.Clear();
      return;
    }
    stream->SendData(data, end_stream);
    if (stream == nullptr || end_stream || paused_ || !stream->ShouldPause()) return;
    paused_ = true;
    stream->PauseReceiving();
  }
  void OnTrailers(HeaderMap& trailers) override {
    ended = true;
    if (echo_) stream->SendTrailers(trailers);
  }
  void OnReset(const StreamError& error) override {
    reset = error;
    stream = nullptr;
  }
  void OnCanSend() override {
    if (paused_) stream->ResumeReceiving();
    paused_ = false;
  }

  std::string method, authority, path, body;
  std::multimap<std::string, std::string> fields;
  bool ended = false;
  bool complete = false;
  std::optional<StreamError> reset;
  ServerStream* stream;  // Null once over.

 private:
  const std::function<void(FakeRequest&)> on_request_;
  bool echo_ = false;
  bool paused_ = false;
};

// A FakeRequestHandler keeps the requests it is given until the test answers them, or does with
// each what `on_request` says.
//
// Thread:   the test's.
// Lifetime: outlives the connections that use it.
class FakeRequestHandler final : public RequestHandler {
 public:
  struct BadRequest {
    uint16_t status;
    std::string detail;
    std::string raw;
  };

  RequestSink& BeginExchange(ServerStream& stream, const DownstreamInfo& downstream) override {
    this->downstream = downstream;
    connection_ids.push_back(downstream.connection_id);
    requests.push_back(std::make_unique<FakeRequest>(stream, on_request));
    return *requests.back();
  }
  void EndExchange(RequestSink& sink) override {
    FakeRequest& request = static_cast<FakeRequest&>(sink);
    request.complete = true;
    request.stream = nullptr;
  }
  void OnBadRequest(uint16_t status, const StreamError& error, std::string_view raw,
                    const DownstreamInfo&) override {
    bad_requests.push_back({status, std::string(error.detail), std::string(raw)});
  }

  void OnBytesMoved(uint64_t received, uint64_t sent) override {
    received_bytes += received;
    sent_bytes += sent;
  }

  std::function<void(FakeRequest&)> on_request;
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  std::vector<std::unique_ptr<FakeRequest>> requests;
  std::vector<BadRequest> bad_requests;
  std::vector<uint64_t> connection_ids;  // Of each request.
  DownstreamInfo downstream;             // Of the last; its views live as its connection does.
};

}  // namespace sluice::http
