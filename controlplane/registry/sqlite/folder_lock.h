// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace sluice::registry {

// Holds a folder for this process, so that two control planes cannot serve one registry by mistake.
// The kernel lets go of it when the process dies, however it dies.
//
// Lifetime: from Acquire to the destructor.
// Errors:   kFailedPrecondition: another process holds it; kPermissionDenied and others of the
//           system, with the path.
class FolderLock {
 public:
  // Makes the folder (mode 0700) if it is not there; its parent must be.
  static absl::StatusOr<FolderLock> Acquire(const std::string& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sluice::registry
