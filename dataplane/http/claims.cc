// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/claims.h"

#include <algorithm>
#include <tuple>

namespace sluice::http {

const Claim* Claims::Find(std::string_view path) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const Claim& claim, std::string_view name) { return claim.path < name; });
  return at != entries_.end() && at->path == path ? &*at : nullptr;
}

std::string_view Claims::FindString(std::string_view path) const {
  const Claim* claim = Find(path);
  return claim != nullptr && claim->kind == ClaimKind::kString ? claim->values.front()
                                                               : std::string_view();
}

size_t Claims::bytes() const {
  return sizeof(*this) + text_.capacity() + values_.capacity() * sizeof(values_[0]) +
         entries_.capacity() * sizeof(entries_[0]);
}

void Claims::Builder::Add(std::string_view path, size_t depth, ClaimKind kind,
                          absl::Span<const std::string_view> values) {
  pending_.push_back({.path = path,
                      .depth = depth,
                      .order = pending_.size(),
                      .kind = kind,
                      .first_value = values_.size(),
                      .value_count = values.size()});
  values_.insert(values_.end(), values.begin(), values.end());
}

void Claims::Builder::SortAndDropHidden() {
  std::sort(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
    return std::tie(a.path, a.depth, a.order) < std::tie(b.path, b.depth, b.order);
  });
  pending_.erase(std::unique(pending_.begin(), pending_.end(),
                             [](const Pending& a, const Pending& b) { return a.path == b.path; }),
                 pending_.end());
}

Claims Claims::Builder::Build() {
  SortAndDropHidden();
  size_t text_size = 0;
  size_t value_count = 0;
  for (const Pending& claim : pending_) {
    text_size += claim.path.size();
    value_count += claim.value_count;
    for (size_t i = 0; i < claim.value_count; ++i) {
      text_size += values_[claim.first_value + i].size();
    }
  }
  Claims built;
  // To their full sizes at once: entries hold views into the other two.
  built.text_.reserve(text_size);
  built.values_.reserve(value_count);
  built.entries_.reserve(pending_.size());
  const auto keep = [&text = built.text_](std::string_view from) {
    const size_t at = text.size();
    text.insert(text.end(), from.begin(), from.end());
    return std::string_view(text.data() + at, from.size());
  };
  for (const Pending& claim : pending_) {
    const size_t first = built.values_.size();
    for (size_t i = 0; i < claim.value_count; ++i) {
      built.values_.push_back(keep(values_[claim.first_value + i]));
    }
    built.entries_.push_back({.path = keep(claim.path),
                              .kind = claim.kind,
                              .values = {built.values_.data() + first, claim.value_count}});
  }
  pending_.clear();
  values_.clear();
  return built;
}

}  // namespace sluice::http
