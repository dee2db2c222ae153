// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "dataplane/event/transport.h"

namespace sluice::upstream {

// A FakeUpstream is a server on loopback, on the test's own loop, whose words the test chooses byte
// by byte.
//
// Thread:   the test's.
// Lifetime: the loop outlives it.
class FakeUpstream final : private event::FdHandler {
 public:
  // One connection that was accepted.
  class Peer final : private event::ConnectionUser {
   public:
    Peer(event::Loop& loop, std::unique_ptr<event::Transport> transport);

    const std::string& received() const { return received_; }
    // Forgets what was received.
    void Forget() { received_.clear(); }
    bool eof() const { return eof_ || closed_; }

    void Send(std::string_view bytes);
    // FIN after what was sent.
    void Finish() { connection_->CloseAfterFlush(0, 0); }
    // FIN at once, and returns when the client's kernel has it: whatever the client does next, the
    // end is there for it to see. False: it took too long.
    [[nodiscard]] bool FinishAndWaitUntilHeard();
    // At once. Not from inside the loop.
    void Close() { connection_.reset(); }

   private:
    void OnConnected() override {}
    void OnBytes(base::Buffer& in) override;
    void OnEof() override { eof_ = true; }
    void Produce(base::Buffer& out, size_t limit) override;
    void OnFlushed() override {}
    void OnClosed(bool) override { closed_ = true; }

    std::unique_ptr<event::Connection> connection_;
    std::string received_;
    std::string to_send_;
    bool eof_ = false;
    bool closed_ = false;
  };

  using Wrap = absl::AnyInvocable<std::unique_ptr<event::Transport>(event::UniqueFd)>;

  // `wrap` makes the transport of an accepted socket (TLS); plain without.
  explicit FakeUpstream(event::Loop& loop, Wrap wrap = nullptr);
  ~FakeUpstream();

  uint16_t port() const { return port_; }
  size_t accepted() const { return peers_.size(); }
  Peer& peer(size_t i) { return *peers_[i]; }

  // Accepts no more: who connects is refused.
  void StopListening();

 private:
  void OnReadable() override;
  void OnWritable() override {}

  event::Loop& loop_;
  Wrap wrap_;
  event::UniqueFd fd_;
  std::unique_ptr<event::FdWatch> watch_;
  uint16_t port_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace sluice::upstream
