// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "api/manifest/manifest.h"
#include "controlplane/registry/delivery.h"
#include "controlplane/registry/dir/file_set.h"
#include "controlplane/registry/dir/folder_scan.h"
#include "controlplane/registry/dir/folder_watch.h"
#include "controlplane/registry/registry.h"

namespace sluice::registry {

struct DirOptions {
  Limits limits;  // max_objects and max_object_bytes; there are no transactions.
  ScanLimits scan;
  manifest::ParseOptions parse;
  // For changes that the kernel does not tell of: network file systems, targets of links.
  int rescan_interval_ms = 10'000;
};

// A folder of manifests as a registry: *.yaml, *.yml and *.json, in subfolders too, watched.
//
// A file is taken whole or not at all. While it does not parse, or gives an object that another
// file gives, its last good version stays in use, and a problem with file, line, object and field
// says why. A file that is being written is left until it is closed. If the folder itself goes
// away, all of it stays in use: that is an unmounted disk more often than a wish.
//
// The revision counts the changes seen by this process, on from the wall clock's milliseconds at
// its start, so that one given out by an earlier process is older than any of ours. Status is kept
// in memory.
//
// Thread:   as Registry; one thread reads the folder, one delivers.
// Errors:   as Registry; Apply is kFailedPrecondition, History and ListAt are kUnimplemented. Open
//           fails if the folder cannot be read at all.
// Limits:   DirOptions; 10,000 deletions are remembered for watchers that come back.
class DirRegistry : public Registry {
 public:
  // Reads the folder before it returns.
  static absl::StatusOr<std::unique_ptr<DirRegistry>> Open(const std::string& folder,
                                                           DirOptions options);
  ~DirRegistry() override;

  const std::string& name() const override { return name_; }
  Capabilities capabilities() const override;
  absl::StatusOr<Listing> List() override;
  std::unique_ptr<Subscription> Watch(Revision from, WatchCallback callback) override;
  absl::StatusOr<ApplyResult> Apply(const Transaction& transaction) override;
  absl::Status WriteStatus(const std::vector<StatusWrite>& writes) override;
  absl::StatusOr<std::vector<StatusWrite>> ListStatus() override;
  absl::StatusOr<std::string> ReadStatus(const manifest::ObjectKey& key) override;
  absl::StatusOr<std::vector<RevisionInfo>> History(int limit) override;
  absl::StatusOr<Listing> ListAt(Revision revision) override;

 private:
  // What the reading thread knows of a file that it has read.
  struct KnownFile {
    FileSignature signature;
    size_t content_hash = 0;
    bool is_fresh = false;  // Changed so shortly before it was read that its times prove nothing.
  };
  struct StampedProblems {
    std::vector<manifest::Problem> problems;
    Revision revision = 0;
  };
  // An object that is gone, or a source that is mended.
  struct Tombstone {
    Revision revision = 0;
    std::variant<manifest::ObjectKey, std::string> what;
  };

  DirRegistry(std::string folder, DirOptions options, std::unique_ptr<FolderWatch> watch);

  // The reading thread.
  void Run();
  int PatienceMs(bool is_calm) const;
  // False if the folder was still changing at the end.
  bool Refresh();
  // False if a file was changed while it was read: there is more to do.
  bool RefreshOnce();
  std::map<std::string, std::string> ReadChanged(const FolderScan& scan);
  void ForgetGone(const FolderScan& scan);
  void TakeText(const std::string& path, const std::string& text);
  void NoteUnreadable(const FolderScan& scan);

  // Makes the state of the file set that of the registry.
  void Publish();
  void PublishObjectsLocked(Revision revision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishProblemsLocked(Revision revision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BuryLocked(Tombstone tombstone) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::StatusOr<ChangeBatch> ChangesSince(Revision from);

  const std::string folder_;
  const std::string name_;
  const DirOptions options_;
  const std::unique_ptr<FolderWatch> watch_;

  // The reading thread's own (Open's, before there is one).
  FileSet files_;
  std::map<std::string, KnownFile> known_;
  std::map<std::string, std::vector<manifest::Problem>> folder_problems_;  // By path.

  absl::Mutex mutex_;
  Revision revision_ ABSL_GUARDED_BY(mutex_);
  // Watchers from before this are told everything anew.
  Revision compacted_ ABSL_GUARDED_BY(mutex_);
  std::map<manifest::ObjectKey, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, StampedProblems> problems_ ABSL_GUARDED_BY(mutex_);
  std::deque<Tombstone> tombstones_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
  std::map<manifest::ObjectKey, std::string> statuses_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<Delivery> delivery_;
  std::thread thread_;
};

}  // namespace sluice::registry
