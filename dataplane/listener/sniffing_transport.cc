// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/sniffing_transport.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "dataplane/event/plain_transport.h"
#include "dataplane/tls/transport.h"

namespace sluice::listener {

using event::IoResult;
using Status = event::IoResult::Status;

namespace {

constexpr char kHandshakeRecord = 22;  // RFC 8446 §5.1.

}  // namespace

SniffingTransport::SniffingTransport(event::UniqueFd fd, tls::ServerContextSelector& selector,
                                     absl::AnyInvocable<bool()> admit_plain)
    : fd_(std::move(fd)), selector_(selector), admit_plain_(std::move(admit_plain)) {}

SniffingTransport::~SniffingTransport() = default;

IoResult SniffingTransport::Handshake() {
  // The client speaks first: asking now would mostly hear "not yet".
  if (!std::exchange(begun_, true)) return {Status::kAgain, 0};
  if (inner_ == nullptr) {
    if (const IoResult sniffed = Sniff(); sniffed.status != Status::kOk) return sniffed;
  }
  return inner_->Handshake();
}

IoResult SniffingTransport::Sniff() {
  char first = 0;
  ssize_t n;
  do {
    n = recv(fd_.get(), &first, 1, MSG_PEEK);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) return {Status::kAgain, 0};
  if (n == 0) return Fail("peer closed before its first byte");
  if (n < 0) {
    const char* why = strerrordesc_np(errno);
    return Fail(why != nullptr ? why : "unknown error");
  }
  if (first == kHandshakeRecord) {
    inner_ = std::make_unique<tls::TlsServerTransport>(std::move(fd_), selector_);
  } else if (admit_plain_()) {
    inner_ = std::make_unique<event::PlainTransport>(std::move(fd_));
  } else {
    return Fail("no filter chain takes plain text");
  }
  return {};
}

IoResult SniffingTransport::Fail(std::string_view why) {
  failure_ = why;
  return {Status::kError, 0};
}

std::string_view SniffingTransport::failure() const {
  return inner_ != nullptr ? inner_->failure() : std::string_view(failure_);
}

}  // namespace sluice::listener
