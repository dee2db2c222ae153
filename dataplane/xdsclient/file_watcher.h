// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dataplane/event/loop.h"

namespace sluice::xdsclient {

// A FileWatcher tells when a file was moved into a folder, by inotify. Moves only, as Envoy has it:
// who writes a file in place would have half of it read. The atomic writers of Kubernetes volumes
// move a link into the folder.
//
// Thread:   its loop's only.
// Lifetime: outlives its watches. A watch may be destroyed by any callback, its own included.
// Errors:   of Add: the folder is not there, or the system's limit of watches is reached.
class FileWatcher final : private event::FdHandler {
 public:
  // Watches for as long as it lives.
  class Watch {
   public:
    Watch(FileWatcher& watcher, uint64_t id) : watcher_(watcher), id_(id) {}
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { watcher_.Remove(id_); }

   private:
    FileWatcher& watcher_;
    const uint64_t id_;
  };

  static absl::StatusOr<std::unique_ptr<FileWatcher>> Create(event::Loop& loop);
  ~FileWatcher();

  // Calls `on_move` each time something is moved into `folder` under `name`; any name if empty.
  absl::StatusOr<std::unique_ptr<Watch>> Add(const std::string& folder, const std::string& name,
                                             std::function<void()> on_move);

 private:
  struct Entry {
    int descriptor = -1;  // Of the folder; shared by all who watch it.
    std::string name;
    std::function<void()> on_move;
  };

  FileWatcher(event::Loop& loop, int fd);
  void OnReadable() override;
  void OnWritable() override {}
  void Remove(uint64_t id);

  const int fd_;
  event::FdWatch watch_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, Entry> entries_;
};

}  // namespace sluice::xdsclient
