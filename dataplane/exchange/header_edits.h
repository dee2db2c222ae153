// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/arena.h"
#include "dataplane/config/header_edit.h"
#include "dataplane/http/header_map.h"
#include "dataplane/telemetry/text_format.h"

namespace sluice::exchange {

// HeaderEditor applies one level's HeaderEdits, its formats split beforehand.
//
// Thread:   immutable; any.
// Lifetime: refers to the edits it was made of, as do the fields it adds.
// Errors:   Make says which format does not parse.
class HeaderEditor {
 public:
  static absl::StatusOr<HeaderEditor> Make(const config::HeaderEdits& edits);

  // Removals, then edits in order. Values that would not be legal in a field (a client's bytes
  // brought in by an operator) are dropped with their field (H1-29).
  void Apply(const telemetry::LogEntry& entry, http::HeaderMap& headers, base::Arena& arena) const;

 private:
  struct Edit {
    const config::HeaderEdit* edit;
    std::unique_ptr<const telemetry::TextFormat> format;
  };
  const std::vector<std::string>* remove_ = nullptr;
  std::vector<Edit> edits_;
};

}  // namespace sluice::exchange
