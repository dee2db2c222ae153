// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "dataplane/config/access_log.h"
#include "dataplane/telemetry/log_entry.h"

namespace sluice::telemetry {

// A LogFormat is a format compiled once: text with Envoy's %OPERATORS%, or JSON with such leaves.
//
// Thread:   immutable; any.
// Errors:   Compile names the operator and the nearest one known.
// Limits:   a logged value is cut at its :LENGTH, else at 4 KiB; a line at 64 KiB. Values are
//           escaped so that an entry is always one line, and one JSON object.
//
// Text is Envoy's default line if it is empty, and so is JSON: DefaultJsonTemplate.
class LogFormat {
 public:
  static absl::StatusOr<std::unique_ptr<const LogFormat>> Compile(const config::AccessLog& log);
  virtual ~LogFormat() = default;

  // Appends the line, with its newline.
  virtual void Append(const LogEntry& entry, std::string& out) const = 0;
};

// The JSON object that is logged where no other is configured, serialized.
std::string_view DefaultJsonTemplate();

// One open file, shared by the workers' buffers (telemetry/log_file.h).
class LogFile;

// LogFiles knows the open log files of the process, by path. Reopen (SIGUSR1) opens each again by
// its path; one that cannot be opened goes on as it is. "/dev/stdout" and "/dev/stderr" are the
// streams that the process has, whatever they are.
//
// Thread:   any; writes of one buffer to a regular file are one write(2), so lines do not mix.
// Lifetime: a file is closed when its last user lets go. `clock` outlives all of them.
// Errors:   Open says which path, and why. What cannot be written later is dropped, counted, and
//           said in the process' log at most once a minute.
class LogFiles {
 public:
  explicit LogFiles(const base::Clock& clock = base::Clock::System());
  ~LogFiles();
  absl::StatusOr<std::shared_ptr<LogFile>> Open(const config::AccessLog& log);
  void Reopen();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// An AccessLogger is one configured log on one worker: format, filter, and a buffer that is written
// when it is 64 KiB full and at each Flush (once a second, and before exit).
//
// Thread:   its worker's only.
// Limits:   holds at most kMaxHeld bytes for a reader that is slow (a pipe), then drops them.
class AccessLogger {
 public:
  static constexpr size_t kFlushAt = 64 * 1024;
  static constexpr size_t kMaxHeld = 1024 * 1024;

  AccessLogger(std::shared_ptr<const config::AccessLog> config,
               std::shared_ptr<const LogFormat> format, std::shared_ptr<LogFile> file);
  ~AccessLogger();

  void Log(const LogEntry& entry);
  void Flush();

  // Lines lost because the file would not take them.
  uint64_t dropped() const { return dropped_; }

 private:
  std::shared_ptr<const config::AccessLog> config_;
  std::shared_ptr<const LogFormat> format_;
  std::shared_ptr<LogFile> file_;
  std::string buffer_;
  size_t flush_at_ = kFlushAt;  // Rises while a slow reader holds bytes back.
  uint64_t dropped_ = 0;
};

}  // namespace sluice::telemetry
