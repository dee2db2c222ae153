// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "base/intrusive_list.h"
#include "dataplane/admin/admin_connection.h"
#include "dataplane/admin/admin_source.h"
#include "dataplane/admin/handlers.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"

namespace sluice::admin {

// The AdminServer listens on one address and answers HTTP/1.1 there, in the clear and to whoever
// reaches it: loopback or a Unix socket is where it belongs.
//
// Thread:   main, on its loop.
// Lifetime: `loop` and `source` outlive it; its connections close when it is destroyed.
// Errors:   Listen names the address.
// Limits:   kMaxConnections; one more is closed at once.
class AdminServer final : private event::FdHandler {
 public:
  static constexpr size_t kMaxConnections = 64;

  static absl::StatusOr<std::unique_ptr<AdminServer>> Listen(event::Loop& loop,
                                                             const event::Address& address,
                                                             AdminSource& source);
  ~AdminServer();

  // Where it listens, with the port that the kernel chose.
  const event::Address& address() const { return address_; }

 private:
  AdminServer(event::Loop& loop, event::UniqueFd fd, event::Address address, AdminSource& source);

  void OnReadable() override;
  void OnWritable() override {}
  void OnRest();

  event::Loop& loop_;
  const event::UniqueFd fd_;
  const event::Address address_;
  Handlers handlers_;
  base::IntrusiveList<AdminConnection> connections_;
  event::FdWatch watch_;
  event::MemberTimer<AdminServer, &AdminServer::OnRest> rest_{loop_, *this};
};

}  // namespace sluice::admin
