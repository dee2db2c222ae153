// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/interest.h"

#include <utility>

namespace sluice::xdsserver {
namespace {

constexpr std::string_view kWildcard = "*";

}  // namespace

Interest::Change Interest::Replace(absl::Span<const std::string> names) {
  Change change;
  absl::flat_hash_set<std::string> next;
  next.reserve(names.size());
  bool everything = false;
  for (const std::string& name : names) {
    if (name == kWildcard) {
      everything = true;
    } else if (next.insert(name).second && !names_.contains(name)) {
      change.answer.push_back(name);
    }
  }
  named_ever_ = named_ever_ || !names.empty();
  if (!named_ever_) everything = legacy_wildcard_;
  change.everything_began = everything && !everything_;
  everything_ = everything;
  names_ = std::move(next);
  return change;
}

Interest::Change Interest::Apply(absl::Span<const std::string> subscribe,
                                 absl::Span<const std::string> unsubscribe, bool is_first) {
  Change change;
  const bool was_everything = everything_;
  if (is_first && subscribe.empty() && legacy_wildcard_) everything_ = true;
  for (const std::string& name : subscribe) {
    if (name == kWildcard) {
      everything_ = true;
      continue;
    }
    names_.insert(name);
    // Even if it was there before: the client may have dropped its copy and want it again.
    change.answer.push_back(name);
  }
  for (const std::string& name : unsubscribe) {
    if (name == kWildcard) {
      everything_ = false;
      continue;
    }
    names_.erase(name);
    // The client takes this for "drop it", and only an answer tells it that `*` still covers it.
    if (everything_) change.answer.push_back(name);
  }
  change.everything_began = everything_ && !was_everything;
  return change;
}

}  // namespace sluice::xdsserver
