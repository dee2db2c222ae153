// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/config/access_log.h"
#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"

namespace sluice::telemetry {

// What one line may speak of. Heads may be null (no response was sent; the request never parsed).
struct LogEntry {
  const http::StreamInfo& info;
  const http::RequestHead* request = nullptr;
  const http::ResponseHead* response = nullptr;
  const http::HeaderMap* response_trailers = nullptr;
};

// A LogFormat is a format compiled once: text with Envoy's %OPERATORS%, or JSON with such leaves.
//
// Thread:   immutable; any.
// Errors:   Compile names the operator and the nearest one known.
// Limits:   a logged value is cut at its :LENGTH, else at 4 KiB; a line at 64 KiB. Values are
//           escaped so that an entry is always one line, and one JSON object.
class LogFormat {
 public:
  static absl::StatusOr<std::unique_ptr<const LogFormat>> Compile(const config::AccessLog& log);
  virtual ~LogFormat() = default;

  // Appends the line, with its newline.
  virtual void Append(const LogEntry& entry, std::string& out) const = 0;
};

// A LogSink is one open file, shared by the workers' buffers.
class LogFile;

// LogFiles owns the open log files of the process, by path. Reopen (SIGUSR1) opens each again by
// its path.
//
// Thread:   any; writes of one buffer are one write(2) each, so lines never interleave.
class LogFiles {
 public:
  LogFiles();
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
class AccessLogger {
 public:
  AccessLogger(std::shared_ptr<const config::AccessLog> config,
               std::shared_ptr<const LogFormat> format, std::shared_ptr<LogFile> file);
  ~AccessLogger();

  void Log(const LogEntry& entry);
  void Flush();

  // Lines lost because the disk would not take them.
  uint64_t dropped() const { return dropped_; }

 private:
  std::shared_ptr<const config::AccessLog> config_;
  std::shared_ptr<const LogFormat> format_;
  std::shared_ptr<LogFile> file_;
  std::string buffer_;
  uint64_t buffered_lines_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace sluice::telemetry
