// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/log_file.h"

namespace sluice::telemetry {

AccessLogger::AccessLogger(std::shared_ptr<const config::AccessLog> config,
                           std::shared_ptr<const LogFormat> format, std::shared_ptr<LogFile> file)
    : config_(std::move(config)), format_(std::move(format)), file_(std::move(file)) {}

AccessLogger::~AccessLogger() { Flush(); }

void AccessLogger::Log(const LogEntry& entry) {
  const uint16_t status = entry.info.status;
  if (status < config_->min_status || status > config_->max_status) return;
  format_->Append(entry, buffer_);
  if (buffer_.size() >= flush_at_) Flush();
}

void AccessLogger::Flush() {
  if (buffer_.empty()) return;
  const LogFile::WriteResult written = file_->Write(buffer_);
  buffer_.erase(0, written.taken);
  if (!buffer_.empty() && (!written.later || buffer_.size() > kMaxHeld)) {
    const auto lines = static_cast<uint64_t>(std::count(buffer_.begin(), buffer_.end(), '\n'));
    dropped_ += lines;
    file_->CountDropped(lines);
    buffer_.clear();
  }
  // What is held back is offered again after as much more, not at every line.
  flush_at_ = buffer_.size() + kFlushAt;
  // A held-back burst is not worth keeping the memory for.
  if (buffer_.empty() && buffer_.capacity() > 4 * kFlushAt) buffer_.shrink_to_fit();
}

}  // namespace sluice::telemetry
