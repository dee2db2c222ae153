// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/main/proxy.h"

namespace sluice {

// What the command line says. Envoy's own names are taken where they mean the same, so that what
// starts Envoy can start this program.
struct CommandLine {
  ProxyOptions options;
  // Flags of Envoy's that were given and have no effect here.
  std::vector<std::string> without_effect;
};

// Reads the flags (without the program's name), and the bootstrap that they name, and sets up the
// log. Errors: kInvalidArgument for what was said wrong; any of ReadBootstrap's.
absl::StatusOr<CommandLine> ReadCommandLine(std::vector<std::string> words);

void PrintHelp(std::ostream& out);

}  // namespace sluice
