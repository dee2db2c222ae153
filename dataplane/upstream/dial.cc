// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/status_macros.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/event/socket.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/transport.h"

namespace sluice::upstream {
namespace {

// Without it the connection works as well, and a peer that vanished is noticed later: so failures
// are no matter.
void KeepAlive(int fd, const config::TcpKeepalive& keepalive) {
  const auto set = [fd](int level, int name, int value) {
    (void)setsockopt(fd, level, name, &value, sizeof(value));
  };
  // The kernel knows 32767 seconds and 127 probes.
  const auto limited = [](uint32_t value, uint32_t max) {
    return static_cast<int>(std::clamp<uint32_t>(value, 1, max));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  if (keepalive.idle_s) set(IPPROTO_TCP, TCP_KEEPIDLE, limited(*keepalive.idle_s, 32767));
  if (keepalive.interval_s) set(IPPROTO_TCP, TCP_KEEPINTVL, limited(*keepalive.interval_s, 32767));
  if (keepalive.probes) set(IPPROTO_TCP, TCP_KEEPCNT, limited(*keepalive.probes, 127));

  // Nothing is probed while bytes of ours wait for their acknowledgement, and those are sent again
  // for a quarter of an hour: they get the same time as silence.
  const auto get = [fd](int name) {
    int value = 0;
    socklen_t size = sizeof(value);
    return getsockopt(fd, IPPROTO_TCP, name, &value, &size) == 0 ? value : 0;
  };
  const int total_s = get(TCP_KEEPIDLE) + get(TCP_KEEPINTVL) * get(TCP_KEEPCNT);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, std::min(total_s, 2'000'000) * 1000);
}

}  // namespace

absl::StatusOr<std::unique_ptr<event::Transport>> Dial(const config::Cluster& config,
                                                       std::string_view address,
                                                       std::string_view name) {
  SLUICE_ASSIGN_OR_RETURN(const event::Address remote, event::Address::Parse(address));
  SLUICE_ASSIGN_OR_RETURN(event::UniqueFd fd, event::ConnectSocket(remote));
  if (config.tcp_keepalive.has_value() && remote.is_ip()) {
    KeepAlive(fd.get(), *config.tcp_keepalive);
  }
  if (config.tls_context == nullptr) return std::make_unique<event::PlainTransport>(std::move(fd));
  tls::ClientTlsTarget target;
  if (config.tls != nullptr && config.tls->auto_sni) target.server_name = std::string(name);
  target.endpoint = std::string(address);
  return std::make_unique<tls::TlsClientTransport>(std::move(fd), config.tls_context, target);
}

std::string_view NameOf(std::string_view host) {
  if (!host.starts_with('[')) return host.substr(0, host.find(':'));
  host.remove_prefix(1);
  return host.substr(0, host.find(']'));
}

std::string_view SniOf(std::string_view host) {
  const std::string_view name = NameOf(host);
  if (name.find(':') != std::string_view::npos) return {};  // IPv6.
  // Asked for each request: parsing, which allocates to say what is wrong, is for what may be IPv4.
  if (name.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(name.back()))) return name;
  return event::Address::FromIp(name, 0).ok() ? std::string_view() : name;
}

}  // namespace sluice::upstream
