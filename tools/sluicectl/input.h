// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/sluicectl/command_line.h"

namespace sluice::sluicectl {

// A file that was named, or standard input.
struct InputFile {
  std::string name;
  std::string text;
};

// Reads what the -f flags name: files, "-" for standard input, and folders, whose *.yaml, *.yml and
// *.json are taken in the order of their names, subfolders too.
//
// Errors: kInvalidArgument if no -f was given; else as the file system says, naming the file.
// Limits: 64 MiB in all.
absl::StatusOr<std::vector<InputFile>> ReadInput(const std::vector<std::string>& paths,
                                                 Streams& streams);

}  // namespace sluice::sluicectl
