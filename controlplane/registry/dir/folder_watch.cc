// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/dir/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/clock.h"

namespace sluice::registry {
namespace {

constexpr uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM |
                             IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr int kQuietMs = 10;
constexpr int kMaxSettleMs = 250;
constexpr int64_t kWriterPatienceMs = 10'000;

int64_t NowMs() { return base::Clock::System().MonotonicNs() / 1'000'000; }

}  // namespace

absl::StatusOr<std::unique_ptr<FolderWatch>> FolderWatch::Create() {
  const int inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify_fd < 0) return absl::ErrnoToStatus(errno, "inotify_init1");
  const int stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (stop_fd < 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, "eventfd");
    close(inotify_fd);
    return status;
  }
  return absl::WrapUnique(new FolderWatch(inotify_fd, stop_fd));
}

FolderWatch::~FolderWatch() {
  close(inotify_fd_);
  close(stop_fd_);
}

void FolderWatch::Add(const std::string& folder) {
  const int descriptor = inotify_add_watch(inotify_fd_, folder.c_str(), kEvents);
  if (descriptor >= 0) folders_[descriptor] = folder;
}

void FolderWatch::KeepOnly(const std::set<std::string>& folders) {
  std::erase_if(folders_, [&](const auto& item) {
    if (folders.contains(item.second)) return false;
    inotify_rm_watch(inotify_fd_, item.first);  // Fails if the folder is gone: then so is this.
    return true;
  });
}

bool FolderWatch::Poll(int timeout_ms) {
  pollfd fds[] = {{inotify_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  return poll(fds, 2, timeout_ms) > 0;
}

void FolderWatch::Await(int timeout_ms) {
  if (!Poll(timeout_ms) || is_stopped()) return;
  const int64_t latest = NowMs() + kMaxSettleMs;
  do {
    Drain();
  } while (NowMs() < latest && Poll(kQuietMs) && !is_stopped());
}

bool FolderWatch::Drain() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool any = false;
  news_.clear();
  while (true) {
    const ssize_t got = read(inotify_fd_, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    any = true;
    for (ssize_t at = 0; at < got;) {
      inotify_event event;
      memcpy(&event, buffer + at, sizeof(event));
      const char* name = buffer + at + sizeof(event);
      Take(event, std::string_view(name, strnlen(name, event.len)));
      at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
  }
  ForgetFinished();
  return any;
}

void FolderWatch::Take(const inotify_event& event, std::string_view name) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    being_written_.clear();  // The close may be among what was lost.
    return;
  }
  if ((event.mask & IN_IGNORED) != 0) {
    folders_.erase(event.wd);
    return;
  }
  const auto folder = folders_.find(event.wd);
  if (folder == folders_.end() || name.empty()) return;
  std::string path = absl::StrCat(folder->second, "/", name);
  news_.insert(path);
  if ((event.mask & (IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) {
    being_written_.erase(path);
  } else if ((event.mask & IN_MODIFY) != 0) {
    being_written_[std::move(path)] = NowMs() + kWriterPatienceMs;
  }
}

void FolderWatch::ForgetFinished() {
  const int64_t now = NowMs();
  std::erase_if(being_written_, [now](const auto& item) { return item.second <= now; });
}

bool FolderWatch::IsBeingWritten(const std::string& path) const {
  return being_written_.contains(path);
}

void FolderWatch::Stop() {
  const uint64_t one = 1;
  // Cannot fail but by overflow, and then it is readable already.
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof(one));
}

bool FolderWatch::is_stopped() const {
  pollfd fd = {stop_fd_, POLLIN, 0};
  return poll(&fd, 1, 0) > 0;
}

}  // namespace sluice::registry
