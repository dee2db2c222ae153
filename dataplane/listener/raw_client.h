// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/log/check.h"
#include "base/buffer.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/event/socket.h"

namespace sluice::listener {

// A RawClient is a client on loopback, on the test's own loop, whose words the test chooses byte by
// byte.
//
// Thread:   the test's.
// Lifetime: the loop outlives it; not destroyed inside the loop's calls.
class RawClient final : private event::ConnectionUser {
 public:
  using Wrap = std::function<std::unique_ptr<event::Transport>(event::UniqueFd)>;

  // `wrap` makes the transport of the socket (TLS); plain without.
  RawClient(event::Loop& loop, uint16_t port, const Wrap& wrap = nullptr) {
    auto fd = event::ConnectSocket(*event::Address::FromIp("127.0.0.1", port));
    CHECK_OK(fd.status());
    event::ConnectionUser& user = *this;
    connection_ = std::make_unique<event::Connection>(
        loop,
        wrap != nullptr ? wrap(*std::move(fd))
                        : std::make_unique<event::PlainTransport>(*std::move(fd)),
        user);
    connection_->Start(/*connecting=*/true);
  }

  void Send(std::string_view bytes) {
    to_send_.append(bytes);
    connection_->RequestFlush();
  }
  // FIN, with the other direction open. Requires that all was sent.
  void FinishSending() { connection_->transport().ShutdownWrite(); }
  void Close() { connection_.reset(); }

  std::string& received() { return received_; }
  bool connected() const { return connected_; }
  bool over() const { return eof_ || closed_; }
  event::Connection& connection() { return *connection_; }

 private:
  void OnConnected() override { connected_ = true; }
  void OnBytes(base::Buffer& in) override {
    received_ += in.ToString();
    in.Clear();
  }
  void OnEof() override { eof_ = true; }
  void Produce(base::Buffer& out, size_t) override {
    out.AppendCopy(to_send_);
    to_send_.clear();
  }
  void OnFlushed() override {}
  void OnClosed(bool) override { closed_ = true; }

  std::unique_ptr<event::Connection> connection_;
  std::string to_send_;
  std::string received_;
  bool connected_ = false;
  bool eof_ = false;
  bool closed_ = false;
};

}  // namespace sluice::listener
