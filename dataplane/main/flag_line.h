// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sluice {

// A command line of Abseil's flags as a person types it: --node-id and --node_id are the same flag,
// and what is wrong comes back as a status. Abseil's own reader ends the process by itself, with
// the code of a failed start, and hides the flags behind --helpfull.
//
// Only flags defined in `file` (the end of its path) are known: Abseil defines more of its own.
//
// Errors: kInvalidArgument, naming the flag as it was typed.

// Sets the flags that `words` name, the last word of several counting; without the program's name.
absl::Status ParseFlagLine(std::string_view file, std::span<const std::string> words);

// One line for each flag, in order of names, with what it is when nothing is said.
void PrintFlagLines(std::string_view file, std::ostream& out);

}  // namespace sluice
