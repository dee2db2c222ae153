// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "base/buffer.h"
#include "dataplane/event/socket.h"
#include "dataplane/event/transport.h"
#include "dataplane/tls/server_context.h"

namespace sluice::listener {

// A SniffingTransport becomes a TLS transport or a plain one by the client's first byte, which it
// looks at and leaves where it is: for listeners that have filter chains of both kinds. A record of
// a TLS handshake begins with 22, which nothing that HTTP may begin with does.
//
// Thread:   its worker's only.
// Lifetime: owns the descriptor. What it asks must outlive the handshake.
// Limits:   one system call more than what it becomes. It waits for the first byte as long as its
//           connection lets a handshake take.
class SniffingTransport final : public event::Transport {
 public:
  // `selector` is asked for a context where the client speaks TLS, `admit_plain` whether it may go
  // on where it does not.
  SniffingTransport(event::UniqueFd fd, tls::ServerContextSelector& selector,
                    absl::AnyInvocable<bool()> admit_plain);
  ~SniffingTransport() override;

  int fd() const override { return inner_ != nullptr ? inner_->fd() : fd_.get(); }
  event::IoResult Handshake() override;
  bool wants_read() const override { return inner_ == nullptr || inner_->wants_read(); }
  bool wants_write() const override { return inner_ != nullptr && inner_->wants_write(); }
  std::string_view failure() const override;

  // From here on the handshake is done.
  event::IoResult Read(base::Buffer& in, size_t limit) override { return inner_->Read(in, limit); }
  event::IoResult Write(base::Buffer& out) override { return inner_->Write(out); }
  bool has_buffered_input() const override { return inner_->has_buffered_input(); }
  void ShutdownWrite() override { inner_->ShutdownWrite(); }
  std::string_view alpn() const override { return inner_->alpn(); }
  std::optional<event::TlsFacts> tls() const override { return inner_->tls(); }

 private:
  event::IoResult Sniff();
  event::IoResult Fail(std::string_view why);

  event::UniqueFd fd_;  // Until there is `inner_`.
  tls::ServerContextSelector& selector_;
  absl::AnyInvocable<bool()> admit_plain_;
  std::unique_ptr<event::Transport> inner_;
  std::string failure_;
  bool begun_ = false;
};

}  // namespace sluice::listener
