// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"

namespace sluice::demo {

class DemoConnection;

// A DemoServer answers HTTP/1.1 requests with what it received of them (see main.cc). For examples
// and tests: it bounds neither connections nor their time.
//
// Thread:   its loop's.
// Lifetime: `loop` outlives it. Connections own themselves, and may outlive it.
// Errors:   Listen's are those of event::ListenSocket.
class DemoServer final : private event::FdHandler {
 public:
  static absl::StatusOr<std::unique_ptr<DemoServer>> Listen(event::Loop& loop,
                                                            const event::Address& address,
                                                            std::string name);
  ~DemoServer();

  const event::Address& address() const { return address_; }

 private:
  DemoServer(event::Loop& loop, event::UniqueFd fd, event::Address address, std::string name);
  void OnReadable() override;
  void OnWritable() override {}

  event::Loop& loop_;
  event::UniqueFd fd_;
  const event::Address address_;
  const std::string name_;
  event::FdWatch watch_;
};

}  // namespace sluice::demo
