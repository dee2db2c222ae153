// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/ir/access_log.h"
#include "controlplane/ir/client.h"
#include "controlplane/resolve/facts.h"

namespace sluice::resolve {

// How clients of a listener are treated: its own ClientPolicy's word (`section` not empty), else
// the Gateway's, else the default, each setting for itself.
ir::ClientSettings ResolveClientSettings(Facts& facts, const manifest::ObjectKey& gateway,
                                         std::string_view section);

// The access logs of a listener: its own TelemetryPolicy's, else the Gateway's, else one line of
// text per request to standard output.
std::vector<ir::AccessLog> ResolveAccessLogs(Facts& facts, const manifest::ObjectKey& gateway,
                                             std::string_view section);

}  // namespace sluice::resolve
