// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/config/cluster.h"
#include "dataplane/event/transport.h"

namespace sluice::upstream {

// Begins a connection to `address` ("ip:port", "unix:path") as the cluster says: plain or TLS,
// keep-alive. `name` is what a request's host says (NameOf, SniOf), for clusters with auto_sni.
// Errors: no socket could be had, or the address cannot be reached at all.
absl::StatusOr<std::unique_ptr<event::Transport>> Dial(const config::Cluster& config,
                                                       std::string_view address,
                                                       std::string_view name);

// The name that a certificate must carry when it is taken from a request's host: without port and
// brackets, an IP address too.
std::string_view NameOf(std::string_view host);

// The name to ask for by SNI when it is taken from a request's host: without the port; empty for
// an IP address (RFC 6066 §3).
std::string_view SniOf(std::string_view host);

}  // namespace sluice::upstream
