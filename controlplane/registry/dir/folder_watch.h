// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct inotify_event;

namespace sluice::registry {

// FolderWatch tells when something may have changed in a set of folders, and which files are being
// written at this moment. It does not say what changed: that is for a scan.
//
// Thread:   one, except Stop.
// Lifetime: closes what it opened.
// Errors:   a folder that cannot be watched (gone, or the system's watches are used up) is left
//           out; the owner rescans from time to time anyway.
// Limits:   one inotify watch per folder given.
class FolderWatch {
 public:
  static absl::StatusOr<std::unique_ptr<FolderWatch>> Create();
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  void Add(const std::string& folder);
  // Lets go of every folder that is not among these.
  void KeepOnly(const std::set<std::string>& folders);

  // Blocks until something may have changed, or `timeout_ms` are over, or Stop was called. Then
  // waits on until the folders have been quiet for a moment, so that a `git checkout` is one change
  // (but not long: someone may write for ever).
  void Await(int timeout_ms);

  // Takes in what has happened so far without waiting; true if there was anything.
  bool Drain();

  // Something happened to it that this Drain or Await was the first to hear of.
  bool IsNews(const std::string& path) const { return news_.contains(path); }

  // Opened for writing, changed, and not closed yet: what is in it now may be half of what is
  // meant. After ten seconds without a change it counts as finished.
  bool IsBeingWritten(const std::string& path) const;
  bool IsAnyBeingWritten() const { return !being_written_.empty(); }

  // Ends Await, now and later. From any thread.
  void Stop();
  bool is_stopped() const;

 private:
  FolderWatch(int inotify_fd, int stop_fd) : inotify_fd_(inotify_fd), stop_fd_(stop_fd) {}

  bool Poll(int timeout_ms);
  void Take(const inotify_event& event, std::string_view name);
  void ForgetFinished();

  const int inotify_fd_;
  const int stop_fd_;
  std::map<int, std::string> folders_;            // By watch descriptor.
  std::map<std::string, int64_t> being_written_;  // Path to the end of its patience, monotonic ms.
  std::set<std::string> news_;                    // Paths that the last Drain heard of.
};

}  // namespace sluice::registry
