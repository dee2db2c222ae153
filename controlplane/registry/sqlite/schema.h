// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "controlplane/registry/sqlite/database.h"

namespace sluice::registry {

// Makes a connection safe (WAL, synchronous=FULL) and its tables those of this program: creates
// them in a new file. kFailedPrecondition: the file is another program's, or was written by a newer
// Sluice.
absl::Status PrepareSchema(Database& database);

}  // namespace sluice::registry
