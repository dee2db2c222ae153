// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"

namespace sluice::telemetry {
namespace {

constexpr mode_t kMode = 0640;
constexpr int64_t kReportEveryNs = 60'000'000'000;
// O_NONBLOCK: opening a FIFO without a reader is an error instead of a wait.
constexpr int kOpenFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

absl::StatusOr<int> OpenForAppend(const std::string& path) {
  const int fd = open(path.c_str(), kOpenFlags, kMode);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  return fd;
}

// write(2), again after a signal. Bytes written, or -1 with errno.
ssize_t WriteOnce(int fd, std::string_view bytes, bool newline_first) {
  char newline = '\n';
  const iovec parts[2] = {{&newline, 1}, {const_cast<char*>(bytes.data()), bytes.size()}};
  ssize_t n;
  do {
    n = newline_first ? writev(fd, parts, 2) : write(fd, bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  return newline_first && n > 0 ? n - 1 : n;
}

bool HasRoom(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  return poll(&ready, 1, 0) > 0 && (ready.revents & POLLOUT) != 0;
}

bool HasFailed(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  return poll(&ready, 1, 0) > 0 && (ready.revents & (POLLERR | POLLNVAL)) != 0;
}

// The longest run of whole lines that fits into `limit`; `limit` bytes of a longer line.
std::string_view NextPiece(std::string_view lines, size_t limit) {
  if (lines.size() <= limit) return lines;
  const size_t end = lines.rfind('\n', limit - 1);
  return lines.substr(0, end == std::string_view::npos ? limit : end + 1);
}

}  // namespace

LogFile::LogFile(int fd, std::string path, bool has_path, const base::Clock& clock)
    : fd_(fd), path_(std::move(path)), has_path_(has_path), clock_(clock) {
  Inspect();
}

LogFile::~LogFile() { close(fd_); }

absl::StatusOr<std::shared_ptr<LogFile>> LogFile::OpenPath(const std::string& path,
                                                           const base::Clock& clock) {
  absl::StatusOr<int> fd = OpenForAppend(path);
  if (!fd.ok()) return fd.status();
  return std::shared_ptr<LogFile>(new LogFile(*fd, path, true, clock));
}

absl::StatusOr<std::shared_ptr<LogFile>> LogFile::OfDescriptor(int fd, std::string name,
                                                               const base::Clock& clock) {
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return absl::ErrnoToStatus(errno, absl::StrCat("duplicate ", name));
  return std::shared_ptr<LogFile>(new LogFile(own, std::move(name), false, clock));
}

void LogFile::Inspect() {
  struct stat facts;
  is_regular_ = fstat(fd_, &facts) == 0 && S_ISREG(facts.st_mode);
}

LogFile::WriteResult LogFile::Write(std::string_view lines) {
  return is_regular_.load(std::memory_order_relaxed) ? WriteRegular(lines) : WriteInPieces(lines);
}

LogFile::WriteResult LogFile::WriteRegular(std::string_view lines) {
  WriteResult result;
  while (result.taken < lines.size()) {
    const bool torn = torn_.exchange(false, std::memory_order_relaxed);
    const ssize_t n = WriteOnce(fd_, lines.substr(result.taken), torn);
    if (n <= 0) {
      last_error_ = n < 0 ? errno : ENOSPC;
      torn_ = torn || (result.taken > 0 && lines[result.taken - 1] != '\n');
      return result;
    }
    result.taken += static_cast<size_t>(n);
  }
  return result;
}

LogFile::WriteResult LogFile::WriteInPieces(std::string_view lines) {
  WriteResult result;
  while (result.taken < lines.size()) {
    if (!HasRoom(fd_)) {
      result.later = !HasFailed(fd_);
      if (!result.later) last_error_ = EPIPE;
      return result;
    }
    const ssize_t n = WriteOnce(fd_, NextPiece(lines.substr(result.taken), PIPE_BUF), false);
    if (n < 0) {
      result.later = errno == EAGAIN;
      if (!result.later) last_error_ = errno;
      return result;
    }
    result.taken += static_cast<size_t>(n);
  }
  return result;
}

void LogFile::CountDropped(uint64_t lines) {
  const uint64_t dropped = dropped_.fetch_add(lines) + lines;
  const int64_t now = clock_.MonotonicNs();
  int64_t due = next_report_ns_.load();
  // Whoever moves the time of the next report writes this one.
  if (now < due || !next_report_ns_.compare_exchange_strong(due, now + kReportEveryNs)) return;
  const uint64_t news = dropped - reported_.exchange(dropped);
  const int error = last_error_.load();
  LOG(WARNING) << "access log " << path_ << ": " << news << " lines dropped: "
               << (error == 0 ? "its reader is too slow" : std::strerror(error));
}

absl::Status LogFile::Reopen() {
  if (!has_path_) return absl::OkStatus();
  absl::StatusOr<int> fresh = OpenForAppend(path_);
  if (!fresh.ok()) return fresh.status();
  const int moved = dup3(*fresh, fd_, O_CLOEXEC);
  const int error = errno;
  close(*fresh);
  if (moved < 0) return absl::ErrnoToStatus(error, absl::StrCat("reopen ", path_));
  torn_ = false;
  Inspect();
  return absl::OkStatus();
}

}  // namespace sluice::telemetry
