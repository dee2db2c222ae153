// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/server_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::http1 {

ServerFixture::ServerFixture(const http::Http1Options& opts, Answer when)
    : options(opts), answer(when), codec(options, *this) {}

void ServerFixture::ReceiveWhileReady() {
  do {
    receive_ready_ = false;
    codec.Receive(in_);
  } while (receive_ready_);
}

void ServerFixture::FeedOnly(std::string_view bytes) {
  in_.AppendCopy(bytes);
  ReceiveWhileReady();
}

void ServerFixture::Feed(std::string_view bytes) {
  FeedOnly(bytes);
  Produce();
}

void ServerFixture::Eof() {
  codec.OnEof();
  Produce();
}

void ServerFixture::Produce(size_t limit) {
  if (limit != SIZE_MAX) return ProduceOnce(limit);
  while (codec.has_output() || receive_ready_) {
    if (codec.has_output()) ProduceOnce(limit);
    if (receive_ready_) ReceiveWhileReady();
  }
}

void ServerFixture::ProduceOnce(size_t limit) {
  base::Buffer out;
  codec.Produce(out, limit);
  output_ += out.ToString();
}

void ServerFixture::Respond(uint16_t status, std::string_view response_body) {
  if (response_body.empty()) return RespondHead(status, {}, true);
  RespondHead(status, {http::Framing::Kind::kLength, response_body.size()}, false);
  Send(response_body, true);
}

void ServerFixture::RespondHead(uint16_t status, http::Framing framing, bool end_stream) {
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = status;
  head.framing = framing;
  responded_ = true;
  stream->SendResponse(head, end_stream);
}

void ServerFixture::Send(std::string_view data, bool end_stream) {
  base::Buffer buffer;
  buffer.AppendCopy(data);
  stream->SendData(buffer, end_stream);
}

std::string ServerFixture::Record() const { return absl::StrJoin(record_, "\n"); }

std::string ServerFixture::TakeOutput() { return std::exchange(output_, {}); }

http::RequestSink& ServerFixture::OnNewStream(http::ServerStream& new_stream) {
  stream = &new_stream;
  return *this;
}

void ServerFixture::OnStreamComplete(http::ServerStream& over, http::RequestSink& sink) {
  after_data_ = false;
  ++completed;
  record_.push_back(&over == stream && &sink == this ? "complete" : "complete of a stranger");
  stream = nullptr;
}

void ServerFixture::OnBadRequest(uint16_t status, const http::StreamError& error,
                                 std::string_view raw) {
  after_data_ = false;
  bad_detail = std::string(error.detail);
  bad_raw = std::string(raw);
  last_error = error;
  record_.push_back(absl::StrCat("bad ", status, " ", error.detail));
}

void ServerFixture::OnRequest(http::RequestHead& head, bool end_stream) {
  after_data_ = false;
  ++requests;
  responded_ = false;
  request = &head;
  fields.clear();
  for (const auto& field : head.headers) {
    fields.emplace_back(std::string(field.name), std::string(field.value));
  }
  record_.push_back(
      absl::StrCat("request ", head.method, " ", head.authority, " ", head.path,
                   head.upgrade.empty() ? "" : absl::StrCat(" upgrade=", head.upgrade),
                   absl::StrJoin(fields, "", [](std::string* out, const auto& field) {
                     absl::StrAppend(out, " ", field.first, "=", field.second);
                   })));
  if (reset_on_request) {
    stream->Reset({http::ErrorKind::kReset, http::Side::kOurselves, http::Retry::kNever, "test"});
    stream = nullptr;
    return;
  }
  if (end_stream) return OnEnd();
  if (answer == Answer::kAtHead) Respond(answer_status, "ok");
}

void ServerFixture::OnData(base::Buffer& data, bool end_stream) {
  const std::string bytes = data.ToString();
  body += bytes;
  if (!bytes.empty()) {
    if (after_data_) {
      record_.back() += bytes;
    } else {
      record_.push_back("data " + bytes);
    }
    after_data_ = true;
  }
  if (reset_on_data) {
    stream->Reset({http::ErrorKind::kReset, http::Side::kOurselves, http::Retry::kNever, "test"});
    stream = nullptr;
    return;
  }
  if (pause_on_data && !bytes.empty()) stream->PauseReceiving();
  if (end_stream) OnEnd();
}

void ServerFixture::OnTrailers(http::HeaderMap& map) {
  trailers.clear();
  for (const auto& field : map) absl::StrAppend(&trailers, field.name, "=", field.value, ";");
  after_data_ = false;
  record_.push_back("trailers " + trailers);
  OnEnd();
}

void ServerFixture::OnReset(const http::StreamError& error) {
  after_data_ = false;
  reset_detail = std::string(error.detail);
  last_error = error;
  record_.push_back(absl::StrCat("reset ", error.detail));
  stream = nullptr;
}

void ServerFixture::OnEnd() {
  after_data_ = false;
  record_.push_back("end");
  if (answer != Answer::kNever && !responded_) Respond(answer_status, "ok");
}

}  // namespace sluice::http1
