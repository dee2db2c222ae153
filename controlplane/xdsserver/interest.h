// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"

namespace sluice::xdsserver {

// Interest is what one stream has asked for of one type: names, or everything (`*`).
//
// It keeps the rules of wildcards, explicit and legacy, and says which names have to be answered
// after a change. It does not know which resources there are.
//
// Thread:   its stream's lock.
// Lifetime: owned by its TypeLine.
// Errors:   none.
// Limits:   the stream bounds name_count(), see TypeLine::held_names().
class Interest {
 public:
  // With `legacy_wildcard`, never having named anything means everything (listeners, clusters).
  explicit Interest(bool legacy_wildcard) : legacy_wildcard_(legacy_wildcard) {}

  struct Change {
    std::vector<std::string> answer;  // names to send, or to report absent, changed or not
    bool everything_began = false;    // the wildcard was not on before and is now
  };

  // State of the world: `names` is the whole list.
  Change Replace(absl::Span<const std::string> names);

  // Delta: one request's changes. `is_first` is the first request of this type on the stream: only
  // there does naming nothing mean everything.
  Change Apply(absl::Span<const std::string> subscribe, absl::Span<const std::string> unsubscribe,
               bool is_first);

  [[nodiscard]] bool Covers(std::string_view name) const {
    return everything_ || names_.contains(name);
  }
  // True if named itself, and not by `*` alone.
  [[nodiscard]] bool Names(std::string_view name) const { return names_.contains(name); }
  [[nodiscard]] bool everything() const { return everything_; }
  [[nodiscard]] size_t name_count() const { return names_.size(); }
  [[nodiscard]] const absl::flat_hash_set<std::string>& names() const { return names_; }

 private:
  const bool legacy_wildcard_;
  bool everything_ = false;
  bool named_ever_ = false;
  absl::flat_hash_set<std::string> names_;
};

}  // namespace sluice::xdsserver
