// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/xdsclient/ads_transport.h"

namespace sluice::xdsclient {

// A server in a test: it sees what each stream was sent, answers by hand, and hangs up.
class FakeAdsServer {
 public:
  // One stream, as long as the client holds it; `sent` outlives it.
  struct StreamLog {
    std::vector<std::string> sent;
    AdsTransportUser* user = nullptr;  // Null once the client let go.
  };

  AdsTransportFactory Factory() {
    return [this](AdsTransportUser& user) {
      streams_.push_back(std::make_shared<StreamLog>());
      streams_.back()->user = &user;
      return std::make_unique<FakeTransport>(streams_.back());
    };
  }

  size_t streams() const { return streams_.size(); }
  StreamLog& last() { return *streams_.back(); }

  void Respond(std::string_view message) { last().user->OnResponse(message); }
  void HangUp(std::string_view reason = "test") { last().user->OnStreamClosed(reason); }

 private:
  class FakeTransport final : public AdsTransport {
   public:
    explicit FakeTransport(std::shared_ptr<StreamLog> log) : log_(std::move(log)) {}
    ~FakeTransport() override { log_->user = nullptr; }
    void Send(std::string_view message) override { log_->sent.emplace_back(message); }

   private:
    std::shared_ptr<StreamLog> log_;
  };

  std::deque<std::shared_ptr<StreamLog>> streams_;
};

}  // namespace sluice::xdsclient
