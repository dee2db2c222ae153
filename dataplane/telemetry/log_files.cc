// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/log/log.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/log_file.h"

namespace sluice::telemetry {

struct LogFiles::State {
  explicit State(const base::Clock& clock) : clock(clock) {}

  const base::Clock& clock;
  absl::Mutex mutex;
  absl::flat_hash_map<std::string, std::weak_ptr<LogFile>> files ABSL_GUARDED_BY(mutex);
};

LogFiles::LogFiles(const base::Clock& clock) : state_(std::make_unique<State>(clock)) {}

LogFiles::~LogFiles() = default;

namespace {

std::string PathOf(const config::AccessLog& log) {
  switch (log.sink) {
    case config::AccessLog::Sink::kStdout:
      return "/dev/stdout";
    case config::AccessLog::Sink::kStderr:
      return "/dev/stderr";
    case config::AccessLog::Sink::kFile:
      break;
  }
  return log.path;
}

// The two streams are duplicated, not opened: where they are sockets, open(2) refuses them.
absl::StatusOr<std::shared_ptr<LogFile>> OpenNew(const std::string& path,
                                                 const base::Clock& clock) {
  if (path == "/dev/stdout") return LogFile::OfDescriptor(STDOUT_FILENO, path, clock);
  if (path == "/dev/stderr") return LogFile::OfDescriptor(STDERR_FILENO, path, clock);
  return LogFile::OpenPath(path, clock);
}

}  // namespace

absl::StatusOr<std::shared_ptr<LogFile>> LogFiles::Open(const config::AccessLog& log) {
  const std::string path = PathOf(log);
  absl::MutexLock lock(&state_->mutex);
  absl::erase_if(state_->files, [](const auto& entry) { return entry.second.expired(); });
  if (const auto known = state_->files.find(path); known != state_->files.end()) {
    if (std::shared_ptr<LogFile> file = known->second.lock()) return file;
  }
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<LogFile> file, OpenNew(path, state_->clock));
  state_->files[path] = file;
  return file;
}

void LogFiles::Reopen() {
  std::vector<std::shared_ptr<LogFile>> open;
  {
    absl::MutexLock lock(&state_->mutex);
    for (const auto& [path, weak] : state_->files) {
      if (std::shared_ptr<LogFile> file = weak.lock()) open.push_back(std::move(file));
    }
  }
  for (const std::shared_ptr<LogFile>& file : open) {
    if (absl::Status status = file->Reopen(); !status.ok()) {
      LOG(ERROR) << "access log stays on its old file: " << status.message();
    }
  }
}

}  // namespace sluice::telemetry
