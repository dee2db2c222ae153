// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/client_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::http1 {

ClientFixture::ClientFixture(const http::Http1Options& opts)
    : options(opts), request(arena), codec(options, *this) {
  request.method = "GET";
  request.scheme = "http";
  request.authority = "a.example";
  request.path = "/";
}

void ClientFixture::Ask(std::string_view method, std::string_view upgrade) {
  request.method = method;
  request.upgrade = upgrade;
  stream = &codec.NewStream(*this);
  stream->SendRequest(request, upgrade.empty() && method != "CONNECT");
  Produce();
}

void ClientFixture::AskWithBody(http::Framing body_framing) {
  request.method = "POST";
  request.framing = body_framing;
  stream = &codec.NewStream(*this);
  stream->SendRequest(request, false);
  Produce();
}

void ClientFixture::Send(std::string_view data, bool end_stream) {
  base::Buffer buffer;
  buffer.AppendCopy(data);
  stream->SendData(buffer, end_stream);
  Produce();
}

void ClientFixture::ReceiveWhileReady() {
  do {
    receive_ready_ = false;
    codec.Receive(in_);
  } while (receive_ready_);
}

void ClientFixture::Feed(std::string_view bytes) {
  in_.AppendCopy(bytes);
  ReceiveWhileReady();
  Produce();
}

void ClientFixture::Eof() {
  codec.OnEof();
  Produce();
}

void ClientFixture::Produce() {
  while (codec.has_output() || receive_ready_) {
    if (codec.has_output()) {
      base::Buffer out;
      codec.Produce(out, SIZE_MAX);
      output_ += out.ToString();
    }
    if (receive_ready_) ReceiveWhileReady();
  }
}

std::string ClientFixture::Record() const { return absl::StrJoin(record_, "\n"); }

std::string ClientFixture::TakeOutput() { return std::exchange(output_, {}); }

void ClientFixture::Note(std::string line) {
  after_data_ = false;
  record_.push_back(std::move(line));
}

void ClientFixture::NoteHead(std::string_view word, http::ResponseHead& head) {
  fields.clear();
  framing = head.framing;
  for (const auto& field : head.headers) {
    fields.emplace_back(std::string(field.name), std::string(field.value));
  }
  Note(absl::StrCat(word, " ", head.status,
                    absl::StrJoin(fields, "", [](std::string* out, const auto& field) {
                      absl::StrAppend(out, " ", field.first, "=", field.second);
                    })));
}

void ClientFixture::OnStreamComplete(http::ResponseSink& sink) {
  ++completed;
  Note(&sink == this ? "complete" : "complete of a stranger");
  stream = nullptr;
}

void ClientFixture::OnInformational(http::ResponseHead& head) { NoteHead("informational", head); }

void ClientFixture::OnResponse(http::ResponseHead& head, bool end_stream) {
  NoteHead("response", head);
  if (reset_on_response) {
    stream->Reset({http::ErrorKind::kReset, http::Side::kOurselves, http::Retry::kNever, "test"});
    stream = nullptr;
    return;
  }
  if (end_stream) Note("end");
}

void ClientFixture::OnData(base::Buffer& data, bool end_stream) {
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
  if (pause_on_data && !bytes.empty()) stream->PauseReceiving();
  if (end_stream) Note("end");
}

void ClientFixture::OnTrailers(http::HeaderMap& trailers) {
  std::string line = "trailers";
  for (const auto& field : trailers) absl::StrAppend(&line, " ", field.name, "=", field.value);
  Note(std::move(line));
  Note("end");
}

void ClientFixture::OnReset(const http::StreamError& error) {
  last_error = error;
  Note(absl::StrCat("reset ", error.detail));
  stream = nullptr;
}

}  // namespace sluice::http1
