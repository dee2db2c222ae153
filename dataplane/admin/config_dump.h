// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dataplane/admin/admin_source.h"

namespace sluice::admin {

// The configuration as Envoy's /config_dump shows it (envoy.admin.v3.ConfigDump in JSON), redacted.
// Endpoints only if they are asked for: they are many and change often.
std::string ConfigDump(const AdminSource& source, bool with_endpoints);

}  // namespace sluice::admin
