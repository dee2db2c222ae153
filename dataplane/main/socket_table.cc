// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/socket_table.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/event/socket.h"

namespace sluice {

absl::Status SocketTable::Acquire(const config::Listener& listener) {
  for (const config::Listener::Address& address : listener.addresses) {
    if (bound_.contains(address)) continue;
    if (absl::Status status = Bind(listener, address); !status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("listener \"", listener.name, "\": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status SocketTable::Bind(const config::Listener& listener,
                               const config::Listener::Address& address) {
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
  bound_[address].sockets = std::move(sockets);
  return absl::OkStatus();
}

absl::flat_hash_map<std::string, SocketTable::Sockets> SocketTable::SocketsOf(
    const config::Snapshot& snapshot) {
  absl::flat_hash_map<std::string, Sockets> out;
  std::set<config::Listener::Address> used;
  for (const std::shared_ptr<const config::Listener>& listener : snapshot.listeners) {
    Sockets& sockets = out[listener->name];
    for (const config::Listener::Address& address : listener->addresses) {
      if (auto it = bound_.find(address); it != bound_.end()) {
        sockets.push_back(it->second.sockets);
        it->second.published = true;
        used.insert(address);
      }
    }
  }
  std::erase_if(bound_, [&](const auto& entry) {
    return entry.second.published && !used.contains(entry.first);
  });
  return out;
}

std::vector<event::Address> SocketTable::AddressesOf(const config::Listener& listener) const {
  std::vector<event::Address> out;
  for (const config::Listener::Address& address : listener.addresses) {
    if (auto it = bound_.find(address); it != bound_.end()) {
      out.push_back(it->second.sockets->address);
    }
  }
  return out;
}

}  // namespace sluice
