// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/admin_server.h"

#include <cerrno>
#include <utility>

#include "base/status_macros.h"

namespace sluice::admin {
namespace {

// When the process has no descriptor left, the waiting client would wake us all the time.
constexpr int64_t kRestMs = 100;

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Listen(event::Loop& loop,
                                                                 const event::Address& address,
                                                                 AdminSource& source) {
  event::ListenOptions options;
  options.reuse_port = false;
  options.backlog = static_cast<int>(kMaxConnections);
  SLUICE_ASSIGN_OR_RETURN(event::UniqueFd fd, event::ListenSocket(address, options));
  SLUICE_ASSIGN_OR_RETURN(event::Address bound, event::LocalAddress(fd.get()));
  return std::unique_ptr<AdminServer>(
      new AdminServer(loop, std::move(fd), std::move(bound), source));
}

AdminServer::AdminServer(event::Loop& loop, event::UniqueFd fd, event::Address address,
                         AdminSource& source)
    : loop_(loop),
      fd_(std::move(fd)),
      address_(std::move(address)),
      handlers_(source),
      watch_(loop, fd_.get(), *this) {
  watch_.SetInterest(true, false);
}

AdminServer::~AdminServer() {
  connections_.ForEach([](AdminConnection& connection) { connection.CloseNow(); });
}

void AdminServer::OnReadable() {
  event::Accepted accepted = event::AcceptSocket(fd_.get());
  if (!accepted.fd.valid()) {
    if (accepted.error == EAGAIN) return;
    watch_.SetInterest(false, false);
    rest_.Arm(kRestMs);
    return;
  }
  size_t open = 0;
  connections_.ForEach([&open](AdminConnection&) { ++open; });
  if (open >= kMaxConnections) return;
  // Owns itself until it is closed.
  auto* const connection = new AdminConnection(loop_, std::move(accepted.fd), handlers_);
  connections_.PushBack(*connection);
  connection->Start();
}

void AdminServer::OnRest() { watch_.SetInterest(true, false); }

}  // namespace sluice::admin
