// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/listener/active_listener.h"

namespace sluice {

// A SocketTable binds the addresses of listeners, one socket a worker, before a listener is
// accepted: an address that may not be had refuses that listener, in words, and costs the others
// nothing. Sockets that no published listener uses any more are closed once the workers let go.
//
// Thread: main.
class SocketTable {
 public:
  using Sockets = std::vector<std::shared_ptr<const listener::ListenSockets>>;

  explicit SocketTable(uint32_t workers) : workers_(workers) {}

  // Binds what of the listener's addresses is not bound yet.
  // Errors: naming listener and address, and the likely remedy.
  absl::Status Acquire(const config::Listener& listener);

  // The sockets of each listener of `snapshot`; forgets those that none of them uses.
  absl::flat_hash_map<std::string, Sockets> SocketsOf(const config::Snapshot& snapshot);

  // Lets go of all of them: each is closed once the workers have let go too.
  void Release() { bound_.clear(); }

  // Of what is bound for it, in its order.
  std::vector<event::Address> AddressesOf(const config::Listener& listener) const;

 private:
  absl::Status Bind(const config::Listener& listener, const config::Listener::Address& address);

  struct Bound {
    std::shared_ptr<const listener::ListenSockets> sockets;
    bool published = false;  // One not yet published waits for its listener to be ready.
  };

  const uint32_t workers_;
  std::map<config::Listener::Address, Bound> bound_;
};

}  // namespace sluice
