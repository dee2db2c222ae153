// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/socket_table.h"

#include <set>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/event/socket.h"

namespace sluice {

SocketTable::Key SocketTable::KeyOf(const config::Listener& listener,
                                    const config::Listener::Address& address) {
  return {address.port == 0 ? listener.name : std::string(), address};
}

absl::Status SocketTable::Acquire(const config::Listener& listener) {
  const auto refused = [&](const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat("listener \"", listener.name, "\": ", status.message()));
  };
  std::map<Key, std::shared_ptr<const listener::ListenSockets>> fresh;
  for (const config::Listener::Address& address : listener.addresses) {
    const Key key = KeyOf(listener, address);
    if (!has_ipv6_ && address.address == "::") {
      LOG(WARNING) << "listener \"" << listener.name << "\": this machine has no IPv6, so nobody "
                   << "is listened to on [::]:" << address.port;
      continue;
    }
    if (const auto it = bound_.find(key); it != bound_.end()) {
      const std::string& owner = it->second.owner;
      if (owner.empty() || owner == listener.name) continue;
      return refused(absl::AlreadyExistsError(
          absl::StrCat("the address ", it->second.sockets->address.ToString(),
                       " is that of the listener \"", owner, "\"")));
    }
    if (fresh.contains(key)) continue;
    absl::StatusOr<std::shared_ptr<const listener::ListenSockets>> sockets =
        Bind(listener, address);
    if (!sockets.ok()) return refused(sockets.status());
    fresh.emplace(key, *std::move(sockets));
  }
  Release(listener.name);
  for (auto& [key, sockets] : fresh) bound_[key].sockets = std::move(sockets);
  for (const config::Listener::Address& address : listener.addresses) {
    const auto bound = bound_.find(KeyOf(listener, address));
    if (bound != bound_.end()) bound->second.owner = listener.name;
  }
  return absl::OkStatus();
}

void SocketTable::Release(std::string_view listener) {
  for (auto& [key, bound] : bound_) {
    if (bound.owner == listener) bound.owner.clear();
  }
}

absl::StatusOr<std::shared_ptr<const listener::ListenSockets>> SocketTable::Bind(
    const config::Listener& listener, const config::Listener::Address& address) const {
  SLUICE_ASSIGN_OR_RETURN(event::Address wanted,
                          event::Address::FromIp(address.address, address.port));
  event::ListenOptions options;
  options.reuse_port = true;
  options.backlog = static_cast<int>(listener.backlog);
  auto sockets = std::make_shared<listener::ListenSockets>();
  for (uint32_t i = 0; i < workers_; ++i) {
    SLUICE_ASSIGN_OR_RETURN(event::UniqueFd fd, event::ListenSocket(wanted, options));
    // The first of them chooses where port 0 was asked for.
    if (i == 0) {
      SLUICE_ASSIGN_OR_RETURN(wanted, event::LocalAddress(fd.get()));
    }
    sockets->fds.push_back(std::move(fd));
  }
  sockets->address = wanted;
  return sockets;
}

absl::flat_hash_map<std::string, SocketTable::Sockets> SocketTable::SocketsOf(
    const config::Snapshot& snapshot) {
  absl::flat_hash_map<std::string, Sockets> out;
  std::set<Key> used;
  for (const std::shared_ptr<const config::Listener>& listener : snapshot.listeners) {
    Sockets& sockets = out[listener->name];
    for (const config::Listener::Address& address : listener->addresses) {
      Key key = KeyOf(*listener, address);
      if (const auto it = bound_.find(key); it != bound_.end()) {
        sockets.push_back(it->second.sockets);
        used.insert(std::move(key));
      }
    }
  }
  std::erase_if(bound_, [&](const auto& entry) {
    return entry.second.owner.empty() && !used.contains(entry.first);
  });
  return out;
}

std::vector<event::Address> SocketTable::AddressesOf(const config::Listener& listener) const {
  std::vector<event::Address> out;
  for (const config::Listener::Address& address : listener.addresses) {
    if (const auto it = bound_.find(KeyOf(listener, address)); it != bound_.end()) {
      out.push_back(it->second.sockets->address);
    }
  }
  return out;
}

}  // namespace sluice
