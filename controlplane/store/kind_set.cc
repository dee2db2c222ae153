// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/kind_set.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::store {
namespace {

// New chunks are half full, so that one more object does not split them at once; leftovers are
// joined to their neighbour up to that size.
constexpr size_t kFill = KindSet::kMaxChunk / 2;

const manifest::ObjectKey& KeyOf(const StoredObject& stored) { return stored.object->key; }

}  // namespace

KindSet KindSet::With(const Edits& edits) const {
  KindSet result;
  result.chunks_.reserve(chunks_.size() + edits.size() / kFill + 1);
  auto edit = edits.begin();
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const Chunk& old = *chunks_[i];
    const bool is_last = i + 1 == chunks_.size();
    // What lies beyond this chunk's last key and before the next one's first goes to the next.
    const auto edits_end = is_last ? edits.end() : edits.upper_bound(KeyOf(old.back()));
    if (edit == edits_end) {
      result.AppendShared(chunks_[i]);
      continue;
    }
    Chunk merged;
    merged.reserve(old.size() + static_cast<size_t>(std::distance(edit, edits_end)));
    for (const StoredObject& stored : old) {
      for (; edit != edits_end && edit->first < KeyOf(stored); ++edit) {
        if (edit->second.has_value()) merged.push_back(*edit->second);
      }
      if (edit == edits_end || edit->first != KeyOf(stored)) {
        merged.push_back(stored);
        continue;
      }
      if (edit->second.has_value()) merged.push_back(*edit->second);
      ++edit;
    }
    for (; edit != edits_end; ++edit) {
      if (edit->second.has_value()) merged.push_back(*edit->second);
    }
    result.Append(std::move(merged));
  }
  if (chunks_.empty()) {
    Chunk fresh;
    for (; edit != edits.end(); ++edit) {
      if (edit->second.has_value()) fresh.push_back(*edit->second);
    }
    result.Append(std::move(fresh));
  }
  return result;
}

void KindSet::AppendShared(std::shared_ptr<const Chunk> chunk) {
  size_ += chunk->size();
  chunks_.push_back(std::move(chunk));
}

void KindSet::Append(Chunk chunk) {
  if (chunk.empty()) return;
  if (!chunks_.empty() && chunks_.back()->size() + chunk.size() <= kFill) {
    Chunk joined = *chunks_.back();
    size_ -= joined.size();
    chunks_.pop_back();
    joined.insert(joined.end(), chunk.begin(), chunk.end());
    return AppendShared(std::make_shared<const Chunk>(std::move(joined)));
  }
  if (chunk.size() <= kMaxChunk) {
    return AppendShared(std::make_shared<const Chunk>(std::move(chunk)));
  }
  for (size_t at = 0; at < chunk.size(); at += kFill) {
    const auto first = chunk.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last =
        chunk.begin() + static_cast<std::ptrdiff_t>(std::min(at + kFill, chunk.size()));
    AppendShared(std::make_shared<const Chunk>(first, last));
  }
}

const StoredObject* KindSet::Find(std::string_view ns, std::string_view name) const {
  const auto is_before = [ns, name](const StoredObject& stored) {
    const manifest::ObjectKey& key = KeyOf(stored);
    const int order = std::string_view(key.ns).compare(ns);
    return order < 0 || (order == 0 && key.name < name);
  };
  const auto chunk = std::partition_point(
      chunks_.begin(), chunks_.end(),
      [&](const std::shared_ptr<const Chunk>& candidate) { return is_before(candidate->back()); });
  if (chunk == chunks_.end()) return nullptr;
  const auto it = std::partition_point((*chunk)->begin(), (*chunk)->end(), is_before);
  const manifest::ObjectKey& key = KeyOf(*it);
  return key.ns == ns && key.name == name ? &*it : nullptr;
}

void KindSet::Diff(const KindSet& before, const KindSet& after, Difference& difference) {
  Iterator a = before.begin();
  Iterator b = after.begin();
  while (a != before.end() && b != after.end()) {
    if (a.is_at_chunk() && b.is_at_chunk() && *a.chunk_ == *b.chunk_) {
      a.NextChunk();
      b.NextChunk();
      continue;
    }
    const auto order = KeyOf(*a) <=> KeyOf(*b);
    if (order < 0) {
      difference.removed.push_back(KeyOf(*a));
      ++a;
    } else if (order > 0) {
      difference.changed.push_back(KeyOf(*b));
      ++b;
    } else {
      if (a->object != b->object) difference.changed.push_back(KeyOf(*b));
      ++a;
      ++b;
    }
  }
  for (; a != before.end(); ++a) difference.removed.push_back(KeyOf(*a));
  for (; b != after.end(); ++b) difference.changed.push_back(KeyOf(*b));
}

}  // namespace sluice::store
