// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/http/codec.h"
#include "dataplane/http2/frame_builder.h"

// Sinks and hosts that write down what they are told, and insist on the legal sequences of
// http/codec.h while they do.

namespace sluice::http2 {

inline FieldList ListOf(const http::HeaderMap& headers) {
  FieldList out;
  for (const auto& field : headers) {
    out.emplace_back(std::string(field.name), std::string(field.value));
  }
  return out;
}

// What the codec has to send now.
inline std::vector<SentFrame> Produced(http::Codec& codec) {
  base::Buffer out;
  codec.Produce(out, 1 << 20);
  return ParseFrames(out.ToString());
}

// Lets the codec receive `bytes` in one piece.
inline void Deliver(http::Codec& codec, std::string_view bytes) {
  base::Buffer in;
  in.AppendCopy(bytes);
  codec.Receive(in);
  CHECK(in.empty());
}

// The first of that type, or null.
inline const SentFrame* FindFrame(const std::vector<SentFrame>& frames, FrameType type) {
  for (const SentFrame& frame : frames) {
    if (frame.header.type == type) return &frame;
  }
  return nullptr;
}

// What both kinds of sink hear.
struct Heard {
  std::string body;
  FieldList trailers;
  bool ended = false;
  bool complete = false;
  int can_send = 0;
  std::optional<http::StreamError> reset;

  void Body(base::Buffer& data, bool end) {
    CHECK(!ended && !reset && !complete);
    body += data.ToString();
    data.Clear();
    ended = end;
  }
  void Trailers(http::HeaderMap& fields) {
    CHECK(!ended && !reset && !complete);
    trailers = ListOf(fields);
    ended = true;
  }
  void Reset(const http::StreamError& error) {
    CHECK(!reset && !complete);
    reset = error;
  }
};

class RecordingRequestSink final : public http::RequestSink, public Heard {
 public:
  explicit RecordingRequestSink(http::ServerStream& stream) : stream(&stream) {}

  void OnRequest(http::RequestHead& request, bool end_stream) override {
    CHECK(head == nullptr && !reset);
    head = &request;
    method = request.method;
    scheme = request.scheme;
    authority = request.authority;
    path = request.path;
    upgrade = request.upgrade;
    headers = ListOf(request.headers);
    framing = request.framing;
    accepts_trailers = request.accepts_trailers;
    expects_continue = request.expects_continue;
    ended = end_stream;
  }
  void OnData(base::Buffer& data, bool end_stream) override { Body(data, end_stream); }
  void OnTrailers(http::HeaderMap& fields) override { Trailers(fields); }
  void OnReset(const http::StreamError& error) override {
    Reset(error);
    stream = nullptr;
  }
  void OnCanSend() override { ++can_send; }

  // Answers with a status and a body.
  void Answer(uint16_t status, std::string_view answer_body = {}) {
    answered = true;
    http::ResponseHead response(arena);
    response.status = status;
    const bool bodiless = answer_body.empty();
    if (!bodiless) response.framing = {http::Framing::Kind::kLength, answer_body.size()};
    stream->SendResponse(response, bodiless);
    if (bodiless) return;
    base::Buffer data;
    data.AppendCopy(answer_body);
    stream->SendData(data, true);
  }

  http::ServerStream* stream;  // Null once it is gone.
  http::RequestHead* head = nullptr;
  bool answered = false;
  base::Arena arena;
  std::string method, scheme, authority, path, upgrade;
  FieldList headers;
  http::Framing framing;
  bool accepts_trailers = false;
  bool expects_continue = false;
};

class RecordingServerHost final : public http::ServerCodecHost {
 public:
  struct BadRequest {
    uint16_t status;
    http::StreamError error;
  };

  void OnOutputReady() override { ++output_ready; }
  void OnReceiveReady() override { ++receive_ready; }
  http::RequestSink& OnNewStream(http::ServerStream& stream) override {
    sinks.push_back(std::make_unique<RecordingRequestSink>(stream));
    return *sinks.back();
  }
  void OnStreamComplete(http::ServerStream& stream, http::RequestSink& sink) override {
    auto& recording = static_cast<RecordingRequestSink&>(sink);
    CHECK(recording.stream == &stream && !recording.complete && !recording.reset);
    recording.complete = true;
    recording.stream = nullptr;
  }
  void OnBadRequest(uint16_t status, const http::StreamError& error, std::string_view) override {
    bad_requests.push_back({status, error});
  }

  std::vector<std::unique_ptr<RecordingRequestSink>> sinks;
  std::vector<BadRequest> bad_requests;
  int output_ready = 0;
  int receive_ready = 0;
};

class RecordingResponseSink final : public http::ResponseSink, public Heard {
 public:
  void OnInformational(http::ResponseHead& head) override { interim.push_back(head.status); }
  void OnResponse(http::ResponseHead& head, bool end_stream) override {
    CHECK(status == 0 && !reset);
    status = head.status;
    headers = ListOf(head.headers);
    framing = head.framing;
    ended = end_stream;
  }
  void OnData(base::Buffer& data, bool end_stream) override { Body(data, end_stream); }
  void OnTrailers(http::HeaderMap& fields) override { Trailers(fields); }
  void OnReset(const http::StreamError& error) override { Reset(error); }
  void OnCanSend() override { ++can_send; }

  std::vector<uint16_t> interim;
  uint16_t status = 0;
  FieldList headers;
  http::Framing framing;
};

class RecordingClientHost final : public http::ClientCodecHost {
 public:
  void OnOutputReady() override { ++output_ready; }
  void OnReceiveReady() override { ++receive_ready; }
  void OnStreamComplete(http::ResponseSink& sink) override {
    auto& recording = static_cast<RecordingResponseSink&>(sink);
    CHECK(!recording.complete && !recording.reset);
    recording.complete = true;
  }
  void OnCapacityChanged() override { ++capacity_changed; }

  int output_ready = 0;
  int receive_ready = 0;
  int capacity_changed = 0;
};

}  // namespace sluice::http2
