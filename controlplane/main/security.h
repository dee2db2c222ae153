// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/access/gate.h"
#include "controlplane/access/tls_material.h"
#include "controlplane/main/control.h"

namespace sluice::control {

// All that the files of the command line say about who the ports are and whom they let in.
struct Security {
  access::TlsMaterial tls;
  access::Gate::Rules proxies;
  access::Gate::Rules operators;
  std::vector<std::string> warnings;  // for the log
};

// Reads the files that the flags name, and checks that they fit each other: all of it or nothing.
// Errors: which flag's file will not do, and why. No content of a file is shown.
absl::StatusOr<Security> ReadSecurity(const ControlOptions& options);

}  // namespace sluice::control
