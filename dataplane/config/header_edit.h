// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::config {

// One field to set or add. The value is a format of plain text and %OPERATORS%; it is checked and
// split when it is compiled (exchange/header_format.h reads it).
struct HeaderEdit {
  enum class Action : uint8_t { kAppend, kAddIfAbsent, kOverwrite, kOverwriteIfExists };
  Action action = Action::kAppend;
  std::string name;  // Lower case, valid.
  std::string value;
  bool keep_empty = false;
};

// What a route, virtual host or table does to a head: removals first, then edits in order.
struct HeaderEdits {
  std::vector<std::string> remove;  // Lower case.
  std::vector<HeaderEdit> set;

  bool empty() const { return remove.empty() && set.empty(); }
};

}  // namespace sluice::config
