// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/socket.h"
#include "dataplane/listener/active_listener.h"

namespace sluice {

// A SocketTable binds the addresses of listeners, one socket a worker, before a listener is
// accepted: an address that may not be had, or that another listener has, refuses that listener, in
// words, and costs the others nothing. A socket is kept as long as the last accepted version of a
// listener wants it or the last published one uses it, and then until the workers let go.
//
// Thread: main.
// Limits: as many sockets as the accepted listeners have addresses, times the workers.
class SocketTable {
 public:
  using Sockets = std::vector<std::shared_ptr<const listener::ListenSockets>>;

  // With no workers nothing is bound, and only what listeners want of one another is refused.
  // Without IPv6, all of its addresses ("::") are none, and to listen there is no mistake.
  explicit SocketTable(uint32_t workers, bool has_ipv6 = event::HasIpv6())
      : workers_(workers), has_ipv6_(has_ipv6) {}

  // Binds what of the listener's addresses is not bound yet. From then on it wants these, and no
  // longer those of an earlier version.
  // Errors: naming listener and address, and the likely remedy; nothing changes then.
  absl::Status Acquire(const config::Listener& listener);

  // The listener of that name wants nothing any more. Does nothing if there is none.
  void Release(std::string_view listener);

  // The sockets of each listener of `snapshot`; forgets those that nobody wants or uses.
  absl::flat_hash_map<std::string, Sockets> SocketsOf(const config::Snapshot& snapshot);

  // Lets go of all of them: each is closed once the workers have let go too.
  void ReleaseAll() { bound_.clear(); }

  // Of what is bound for it, in its order.
  std::vector<event::Address> AddressesOf(const config::Listener& listener) const;

 private:
  // An address, or any port of one: then the listener that has it, as each has a port of its own.
  using Key = std::pair<std::string, config::Listener::Address>;

  struct Bound {
    std::shared_ptr<const listener::ListenSockets> sockets;
    std::string owner;  // The listener that wants it; empty for none.
  };

  static Key KeyOf(const config::Listener& listener, const config::Listener::Address& address);
  absl::StatusOr<std::shared_ptr<const listener::ListenSockets>> Bind(
      const config::Listener& listener, const config::Listener::Address& address) const;

  const uint32_t workers_;
  const bool has_ipv6_;
  std::map<Key, Bound> bound_;
};

}  // namespace sluice
