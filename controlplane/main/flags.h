// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/main/control.h"

namespace sluice::control {

// sluice-control's command line. Not absl/flags: its own flags are global variables outside of
// Abseil's versioned namespace, so ours and Debian's, which grpc++ brings, would share them.
struct CommandLine {
  ControlOptions control;
  std::string log_level = "info";  // info, warning or error
  bool help = false;
};

// Reads --name VALUE and --name=VALUE. Errors: kInvalidArgument, with the nearest flag.
absl::StatusOr<CommandLine> ParseCommandLine(std::span<const std::string> words);

void PrintHelp(std::ostream& out);

}  // namespace sluice::control
