// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"

namespace sluice::telemetry {

// A LogFile is one open file that several threads append whole lines to, without a lock: the
// kernel's O_APPEND keeps the writes apart.
//
// What is not a regular file (a pipe, a terminal, a socket) may have a reader that is slow, and a
// worker must not wait for it: such a file is written in pieces of at most PIPE_BUF, whole lines
// where they fit, each only while the reader has room.
//
// Thread:   any.
// Lifetime: closes its descriptor when destroyed. `clock` outlives it.
class LogFile {
 public:
  // Appends to the file at `path`, made with mode 0640 if it is not there.
  static absl::StatusOr<std::shared_ptr<LogFile>> OpenPath(const std::string& path,
                                                           const base::Clock& clock);
  // Appends to a duplicate of an open descriptor (standard output). Reopen does nothing.
  static absl::StatusOr<std::shared_ptr<LogFile>> OfDescriptor(int fd, std::string name,
                                                               const base::Clock& clock);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  struct WriteResult {
    size_t taken = 0;  // Bytes, from the front.
    // The rest may be offered again later (a full pipe); else it never will be taken.
    bool later = false;
  };
  WriteResult Write(std::string_view lines);

  // Lines that were given up. Says so in the process' log, at most once a minute.
  void CountDropped(uint64_t lines);

  // Opens the path again, in place: writers never see a closed file.
  absl::Status Reopen();

 private:
  LogFile(int fd, std::string path, bool has_path, const base::Clock& clock);
  void Inspect();
  WriteResult WriteRegular(std::string_view lines);
  WriteResult WriteInPieces(std::string_view lines);

  const int fd_;
  const std::string path_;
  const bool has_path_;
  const base::Clock& clock_;
  std::atomic<bool> is_regular_{true};
  // A line was cut short by a full disk; the next write begins on a line of its own.
  std::atomic<bool> torn_{false};
  std::atomic<int> last_error_{0};
  std::atomic<uint64_t> dropped_{0};
  std::atomic<uint64_t> reported_{0};
  std::atomic<int64_t> next_report_ns_{INT64_MIN};
};

}  // namespace sluice::telemetry
