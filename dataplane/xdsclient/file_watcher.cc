// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/file_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::xdsclient {

absl::StatusOr<std::unique_ptr<FileWatcher>> FileWatcher::Create(event::Loop& loop) {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("files cannot be watched: ", strerrordesc_np(errno)));
  }
  return std::unique_ptr<FileWatcher>(new FileWatcher(loop, fd));
}

FileWatcher::FileWatcher(event::Loop& loop, int fd) : fd_(fd), watch_(loop, fd, *this) {
  watch_.SetInterest(/*readable=*/true, /*writable=*/false);
}

FileWatcher::~FileWatcher() {
  watch_.SetInterest(false, false);
  close(fd_);
}

absl::StatusOr<std::unique_ptr<FileWatcher::Watch>> FileWatcher::Add(
    const std::string& folder, const std::string& name, std::function<void()> on_move) {
  const int descriptor = inotify_add_watch(fd_, folder.c_str(), IN_MOVED_TO | IN_ONLYDIR);
  if (descriptor < 0) {
    return absl::NotFoundError(
        absl::StrCat("the folder ", folder, " cannot be watched: ", strerrordesc_np(errno)));
  }
  entries_[++last_id_] = {descriptor, name, std::move(on_move)};
  return std::make_unique<Watch>(*this, last_id_);
}

void FileWatcher::Remove(uint64_t id) {
  const auto it = entries_.find(id);
  if (it == entries_.end()) return;
  const int descriptor = it->second.descriptor;
  entries_.erase(it);
  const bool shared = std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return entry.second.descriptor == descriptor;
  });
  if (!shared) inotify_rm_watch(fd_, descriptor);
}

void FileWatcher::OnReadable() {
  // Each callback once, however many moves there were.
  std::set<uint64_t> due;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t size = read(fd_, buffer, sizeof buffer);
    if (size <= 0) break;
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      const std::string_view name = event->len == 0 ? "" : event->name;
      // Events that were lost may have been anybody's.
      const bool lost = (event->mask & IN_Q_OVERFLOW) != 0;
      for (const auto& [id, entry] : entries_) {
        const bool is_it = (event->mask & IN_MOVED_TO) != 0 && entry.descriptor == event->wd &&
                           (entry.name.empty() || entry.name == name);
        if (lost || is_it) due.insert(id);
      }
    }
  }
  for (const uint64_t id : due) {
    const auto it = entries_.find(id);
    if (it == entries_.end()) continue;
    const std::function<void()> on_move = it->second.on_move;
    on_move();
  }
}

}  // namespace sluice::xdsclient
