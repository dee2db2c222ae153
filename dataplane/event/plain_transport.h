// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataplane/event/socket.h"
#include "dataplane/event/transport.h"

namespace sluice::event {

// A PlainTransport moves bytes over a connected stream socket as they are: one recv per readiness
// (one more only where the first filled its room), one sendmsg per 16 slices.
//
// Thread:   its worker's only.
// Lifetime: owns the descriptor.
// Errors:   IoResult; failure() has the words.
class PlainTransport final : public Transport {
 public:
  // `fd` is non-blocking.
  explicit PlainTransport(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const override { return fd_.get(); }
  IoResult Read(base::Buffer& in, size_t limit) override;
  IoResult Write(base::Buffer& out) override;
  IoResult Handshake() override { return {}; }
  bool wants_read() const override { return false; }
  bool wants_write() const override { return false; }
  bool has_buffered_input() const override { return false; }
  void ShutdownWrite() override;
  std::string_view alpn() const override { return {}; }
  std::string_view failure() const override;

 private:
  IoResult ReadMany(base::Buffer& in, size_t limit);

  UniqueFd fd_;
  int error_ = 0;
  // The last read filled its room: more is likely, so that the next takes several blocks at once.
  bool streaming_ = false;
};

}  // namespace sluice::event
