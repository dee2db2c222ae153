// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/http/codec.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::worker {

// One POST of random size, cut and paused at random, whose answer must be its own body.
//
// Thread:   the test's.
class EchoClient final : private upstream::AttemptOwner {
 public:
  EchoClient(upstream::Cluster& cluster, exchange::Random& random)
      : random_(random), salt_(static_cast<uint8_t>(random.Next())) {
    // Mostly small, sometimes more than every buffer on the way.
    size_ = random_.Below(4) == 0 ? random_.Below(600'000) : random_.Below(3000);
    with_length_ = random_.Below(2) == 0;
    cluster.Start(attempt_, {});
  }

  // Plays on by a little; to be called once a turn.
  void Step() {
    if (stream_ == nullptr) return;
    if (paused_ && random_.Below(4) == 0) {
      paused_ = false;
      stream_->ResumeReceiving();
    } else if (!paused_ && random_.Below(16) == 0) {
      paused_ = true;
      stream_->PauseReceiving();
    }
    if (stream_ != nullptr && !send_ended_ && !stream_->ShouldPause() && random_.Below(2) == 0) {
      SendSome();
    }
  }

  bool over() const { return complete_ || failed_; }
  bool failed() const { return failed_; }
  bool intact() const { return complete_ && status_ == 200 && !wrong_ && received_ == size_; }
  std::string what() const {
    return std::string(detail_) + " status " + std::to_string(status_) + " received " +
           std::to_string(received_) + " of " + std::to_string(size_) + (wrong_ ? ", wrong" : "");
  }

 private:
  char ByteAt(size_t offset) const {
    return static_cast<char>((offset * 2654435761u >> 13) + salt_);
  }

  void SendSome() {
    const size_t n = std::min(size_ - sent_,
                              random_.Below(3) == 0 ? random_.Below(100'000) : random_.Below(2000));
    std::string bytes(n, 0);
    for (size_t i = 0; i < n; ++i) bytes[i] = ByteAt(sent_ + i);
    sent_ += n;
    send_ended_ = sent_ == size_;
    base::Buffer data;
    data.AppendCopy(bytes);
    stream_->SendData(data, send_ended_);
  }

  void OnStreamReady(http::ClientStream& stream) override {
    stream_ = &stream;
    base::Arena arena;
    http::RequestHead head(arena);
    head.method = "POST";
    head.scheme = "http";
    head.authority = "a.example";
    head.path = "/echo";
    head.framing = with_length_ ? http::Framing{http::Framing::Kind::kLength, size_}
                                : http::Framing{http::Framing::Kind::kStreamed, 0};
    send_ended_ = size_ == 0;
    stream.SendRequest(head, send_ended_);
  }
  void OnInformational(http::ResponseHead&) override {}
  void OnResponse(http::ResponseHead& head, bool) override { status_ = head.status; }
  void OnData(base::Buffer& data, bool) override {
    data.ForEach([this](std::string_view piece) {
      for (const char c : piece) wrong_ = wrong_ || c != ByteAt(received_++);
    });
    data.Clear();
  }
  void OnTrailers(http::HeaderMap&) override {}
  void OnReset(const http::StreamError& error) override {
    stream_ = nullptr;
    failed_ = true;
    detail_ = error.detail;
  }
  void OnCanSend() override {}
  void OnStreamComplete() override {
    stream_ = nullptr;
    complete_ = true;
  }

  exchange::Random& random_;
  const uint8_t salt_;
  size_t size_ = 0;
  bool with_length_ = false;
  size_t sent_ = 0;
  size_t received_ = 0;
  uint16_t status_ = 0;
  bool paused_ = false;
  bool send_ended_ = false;
  bool wrong_ = false;
  bool complete_ = false;
  bool failed_ = false;
  std::string_view detail_;
  http::ClientStream* stream_ = nullptr;
  upstream::Attempt attempt_{*this};
};

}  // namespace sluice::worker
