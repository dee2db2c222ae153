// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http1/client_codec.h"

namespace sluice::http1 {

// A ClientFixture is everything around an Http1ClientCodec in a test: the connection, and the
// exchange that asks. Its record is like ServerFixture's.
class ClientFixture final : public http::ClientCodecHost, public http::ResponseSink {
 public:
  explicit ClientFixture(const http::Http1Options& options = {});

  // Opens a stream and sends a request without a body, or the head of one.
  void Ask(std::string_view method = "GET", std::string_view upgrade = {});
  void AskWithBody(http::Framing framing);
  void Send(std::string_view data, bool end_stream);

  // Gives `bytes` to the codec as the upstream's, then produces.
  void Feed(std::string_view bytes);
  void Eof();
  void Produce();

  std::string Record() const;
  std::string TakeOutput();
  const std::string& output() const { return output_; }
  size_t left_unread() const { return in_.size(); }

  http::Http1Options options;
  base::Arena arena;
  http::RequestHead request;
  bool pause_on_data = false;
  bool reset_on_response = false;
  http::ClientStream* stream = nullptr;  // Null once it is over.
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // Of the last response.
  http::Framing framing;                                    // The same.
  http::StreamError last_error;
  size_t completed = 0;
  size_t can_sends = 0;

  // http::ClientCodecHost
  void OnOutputReady() override {}
  void OnReceiveReady() override { receive_ready_ = true; }
  void OnStreamComplete(http::ResponseSink& sink) override;
  void OnCapacityChanged() override {}
  // http::ResponseSink
  void OnInformational(http::ResponseHead& head) override;
  void OnResponse(http::ResponseHead& head, bool end_stream) override;
  void OnData(base::Buffer& data, bool end_stream) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override { ++can_sends; }

 private:
  void Note(std::string line);
  void NoteHead(std::string_view word, http::ResponseHead& head);
  void ReceiveWhileReady();

  base::Buffer in_;
  std::string output_;
  std::vector<std::string> record_;
  bool receive_ready_ = false;
  bool after_data_ = false;  // The record's last line is data.

 public:
  // Last, so that it dies first: it tells its sinks.
  Http1ClientCodec codec;
};

}  // namespace sluice::http1
