// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sluice::sluicectl {

// What sluicectl's exit code says; `sluicectl --help` prints the same.
enum class ExitCode : int {
  kOk = 0,
  kDiffers = 1,       // the answer is no: a difference, a refusal, something missing
  kUsage = 2,         // the command line
  kInvalidInput = 3,  // files that do not say something valid
  kUnreachable = 4,   // no control plane there, or it does not let us in
  kTimeout = 5,       // not within the time given
};

}  // namespace sluice::sluicectl
