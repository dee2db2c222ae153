// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::registry {

// What stat says of a file's content: if this is the same, so is the content, as far as the
// timestamps are fine enough (see DirRegistry).
struct FileSignature {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  bool operator==(const FileSignature&) const = default;
};

struct ScanLimits {
  size_t max_files = 10'000;
  size_t max_folders = 2'000;
  int max_depth = 16;
};

struct FolderScan {
  std::map<std::string, FileSignature> files;
  // What is there and cannot be looked at: folders, dangling links. What is below is unknown, which
  // is not the same as gone.
  std::map<std::string, absl::Status> unreadable;
};

// Finds the *.yaml, *.yml and *.json files in a folder and its subfolders, through links; each
// folder once, however many links lead to it.
//
// Names that begin with a dot are passed over, folders too: they are editors' and git's, and the
// timestamped folders behind the links of a Kubernetes volume.
//
// `on_folder` is called with each folder before it is listed, so that a watch set there misses
// nothing.
//
// Errors: kResourceExhausted over a limit; then nothing is known of the folder, since a part of it
//         would look as if the rest had been deleted.
absl::StatusOr<FolderScan> ScanFolder(const std::string& folder, const ScanLimits& limits,
                                      const std::function<void(const std::string&)>& on_folder);

// The whole text of a file. kResourceExhausted if it is longer than `max_bytes`.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

}  // namespace sluice::registry
