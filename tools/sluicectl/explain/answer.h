// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/sluicectl/command_line.h"
#include "tools/sluicectl/explain/explanation.h"
#include "tools/sluicectl/explain/policy_chain.h"

namespace sluice::sluicectl {

// Where the request of a command line (METHOD URL -H ...) would go, and through what.
struct Answer {
  Explanation told;
  std::vector<ExplainedFilter> chain;  // Empty where nothing was found.
};

// Nothing, and the exit code, once what went wrong is told. Reads --limit, --gateway and -f.
std::optional<Answer> AnswerRequest(const Invocation& invocation, Streams& streams,
                                    ExitCode* exit_code);

}  // namespace sluice::sluicectl
