// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "tools/sluicectl/command_line.h"

namespace sluice::sluicectl {

// What sluicectl can do, in the order of its help; each is defined in the file of its name.
std::span<const VerbSpec> AllVerbs();

ExitCode RunApply(const Invocation& invocation, Streams& streams);
ExitCode RunGet(const Invocation& invocation, Streams& streams);
ExitCode RunDelete(const Invocation& invocation, Streams& streams);
ExitCode RunDiff(const Invocation& invocation, Streams& streams);
ExitCode RunValidate(const Invocation& invocation, Streams& streams);
ExitCode RunExplain(const Invocation& invocation, Streams& streams);
ExitCode RunPolicies(const Invocation& invocation, Streams& streams);
ExitCode RunFleet(const Invocation& invocation, Streams& streams);
ExitCode RunHistory(const Invocation& invocation, Streams& streams);

// Runs a command line without the program's name.
ExitCode Run(std::span<const std::string> words, Streams& streams);

}  // namespace sluice::sluicectl
