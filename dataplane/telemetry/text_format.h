// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/telemetry/log_entry.h"

namespace sluice::telemetry {

// A TextFormat is plain text with Envoy's %OPERATORS%, split once: what header edits and text logs
// share. "%%" is a percent sign.
//
// Thread:   immutable; any.
// Errors:   Compile names the operator and the nearest one known.
class TextFormat {
 public:
  static absl::StatusOr<std::unique_ptr<const TextFormat>> Compile(std::string_view format);
  virtual ~TextFormat() = default;

  // True if there is no operator in it: then `literal()` is the whole text.
  virtual bool is_literal() const = 0;
  virtual std::string_view literal() const = 0;

  // Appends the text for `entry`, nothing escaped; a missing value is `missing`.
  virtual void Append(const LogEntry& entry, std::string_view missing, std::string& out) const = 0;
};

}  // namespace sluice::telemetry
