// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataplane/xdsclient/config_store.h"
#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// A StateFile keeps the last good configuration on disk, keys included, so that a proxy can start
// while the control plane is away.
//
// The folder is made with mode 0700, and refused if others may read it; the file is 0600, written
// beside the old one, synced and renamed over it, and carries a checksum.
//
// Thread: main.
// Errors: name the path; a file that is damaged or of another version is an error of Load, and is
//         replaced by the next Save.
class StateFile {
 public:
  static absl::StatusOr<StateFile> Open(const std::string& folder);

  using Contents = std::map<ResourceType, std::vector<Received>>;

  // kNotFound before the first Save.
  absl::StatusOr<Contents> Load() const;

  // What a file of these bytes holds; `path` is for errors.
  static absl::StatusOr<Contents> Parse(std::string_view text, const std::string& path);

  // All that came over the wire and is accepted; static resources are not the control plane's.
  absl::Status Save(const ConfigStore& store) const;

 private:
  explicit StateFile(std::string folder) : folder_(std::move(folder)) {}
  std::string path() const { return folder_ + "/last-good.pb"; }

  std::string folder_;
};

}  // namespace sluice::xdsclient
