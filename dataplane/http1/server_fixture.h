// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/server_codec.h"

namespace sluice::http1 {

// A ServerFixture is everything around an Http1ServerCodec in a test: the connection, and an
// exchange that records what it is told and answers as it is set to.
//
// The record is a list of short lines; neighbouring data events are one line, so that it does not
// depend on how the bytes were cut.
class ServerFixture final : public http::ServerCodecHost, public http::RequestSink {
 public:
  // When the exchange answers by itself: not at all, at the request's end, or at its head.
  enum class Answer : uint8_t { kNever, kAtEnd, kAtHead };

  explicit ServerFixture(const http::Http1Options& options = {}, Answer answer = Answer::kAtEnd);

  // Gives `bytes` to the codec, then produces what it has to say into output().
  void Feed(std::string_view bytes);
  // The same, without producing: a client that does not read.
  void FeedOnly(std::string_view bytes);
  void Eof();
  void Produce(size_t limit = SIZE_MAX);

  void Respond(uint16_t status, std::string_view body);
  void RespondHead(uint16_t status, http::Framing framing, bool end_stream);
  void Send(std::string_view data, bool end_stream);

  const std::vector<std::string>& record() const { return record_; }
  std::string Record() const;
  const std::string& output() const { return output_; }
  std::string TakeOutput();
  size_t left_unread() const { return in_.size(); }

  http::Http1Options options;
  Answer answer;
  uint16_t answer_status = 200;
  bool pause_on_data = false;
  bool reset_on_request = false;
  bool reset_on_data = false;
  http::ServerStream* stream = nullptr;  // Null once it is over.
  http::RequestHead* request = nullptr;
  std::vector<std::pair<std::string, std::string>> fields;  // Of the last request.
  std::string body;                                         // Of all requests.
  std::string trailers;
  std::string bad_detail;
  std::string bad_raw;
  std::string reset_detail;
  http::StreamError last_error;
  size_t requests = 0;
  size_t completed = 0;
  size_t can_sends = 0;

  // http::ServerCodecHost
  void OnOutputReady() override {}
  void OnReceiveReady() override { receive_ready_ = true; }
  http::RequestSink& OnNewStream(http::ServerStream& new_stream) override;
  void OnStreamComplete(http::ServerStream& over, http::RequestSink& sink) override;
  void OnBadRequest(uint16_t status, const http::StreamError& error, std::string_view raw) override;
  // http::RequestSink
  void OnRequest(http::RequestHead& head, bool end_stream) override;
  void OnData(base::Buffer& data, bool end_stream) override;
  void OnTrailers(http::HeaderMap& fields) override;
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override { ++can_sends; }

 private:
  void OnEnd();
  void ReceiveWhileReady();
  void ProduceOnce(size_t limit);

  base::Buffer in_;
  std::string output_;
  std::vector<std::string> record_;
  bool receive_ready_ = false;
  bool responded_ = false;
  bool after_data_ = false;  // The record's last line is data.

 public:
  // Last, so that it dies first: it tells its sinks.
  Http1ServerCodec codec;
};

}  // namespace sluice::http1
