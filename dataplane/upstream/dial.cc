// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/dial.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/event/socket.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/transport.h"

namespace sluice::upstream {

absl::StatusOr<std::unique_ptr<event::Transport>> Dial(const config::Cluster& config,
                                                       std::string_view address,
                                                       std::string_view sni) {
  SLUICE_ASSIGN_OR_RETURN(const event::Address remote, event::Address::Parse(address));
  SLUICE_ASSIGN_OR_RETURN(event::UniqueFd fd, event::ConnectSocket(remote));
  if (config.tcp_keepalive && remote.is_ip()) {
    const int on = 1;
    // Without it the connection works as well; a peer that vanished is noticed later.
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  }
  if (config.tls_context == nullptr) return std::make_unique<event::PlainTransport>(std::move(fd));
  tls::ClientTlsTarget target;
  if (config.tls != nullptr && config.tls->auto_sni) target.server_name = std::string(sni);
  target.endpoint = std::string(address);
  return std::make_unique<tls::TlsClientTransport>(std::move(fd), config.tls_context, target);
}

std::string_view SniOf(std::string_view host) {
  if (host.starts_with('[')) return {};
  host = host.substr(0, host.find(':'));
  return event::Address::FromIp(host, 0).ok() ? std::string_view() : host;
}

}  // namespace sluice::upstream
