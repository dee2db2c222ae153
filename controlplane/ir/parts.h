// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::ir {

// Parts holds parts of a Gateway by name. A copy shares everything, an edit copies one chunk, and
// two versions are compared without looking at the chunks that they share: so one endpoint that
// moves among ten thousand clusters costs a few hundred pointers.
//
// Invariants:
//   1. No chunk is empty; names grow strictly, within a chunk and from chunk to chunk.
//
// Thread:   a value; what is shared is immutable.
// Errors:   none.
// Limits:   none of its own; chunks hold at most kMaxChunk.
template <typename T>
class Parts {
 public:
  static constexpr size_t kMaxChunk = 128;

  using Part = std::shared_ptr<const T>;
  using Entry = std::pair<std::string, Part>;

  // Null if there is none of that name.
  const Part* Find(std::string_view name) const {
    const size_t at = ChunkOf(name);
    if (at == chunks_.size()) return nullptr;
    const auto entry = LowerBound(*chunks_[at], name);
    return entry != chunks_[at]->end() && entry->first == name ? &entry->second : nullptr;
  }

  // Puts a part in the place of the one of that name.
  void Replace(std::string_view name, Part part) {
    const size_t at = ChunkOf(name);
    if (at == chunks_.size()) return;
    Chunk chunk = *chunks_[at];
    const auto entry = chunk.begin() + (LowerBound(chunk, name) - chunk.cbegin());
    if (entry == chunk.end() || entry->first != name) return;
    entry->second = std::move(part);
    chunks_[at] = std::make_shared<const Chunk>(std::move(chunk));
  }

  // Puts a part under a name, in the place of the one of that name or as a new one.
  void Put(std::string_view name, Part part) {
    if (Find(name) != nullptr) return Replace(name, std::move(part));
    if (chunks_.empty()) {
      chunks_.push_back(std::make_shared<const Chunk>(Chunk{{std::string(name), std::move(part)}}));
      return;
    }
    // What comes after all others goes into the last chunk.
    const size_t at = std::min(ChunkOf(name), chunks_.size() - 1);
    Chunk chunk = *chunks_[at];
    const auto where = chunk.begin() + (LowerBound(chunk, name) - chunk.cbegin());
    chunk.emplace(where, std::string(name), std::move(part));
    if (chunk.size() > kMaxChunk) {
      const auto half = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
      chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                     std::make_shared<const Chunk>(half, chunk.end()));
      chunk.erase(half, chunk.end());
    }
    chunks_[at] = std::make_shared<const Chunk>(std::move(chunk));
  }

  // Takes the part of that name out, if there is one.
  void Remove(std::string_view name) {
    if (Find(name) == nullptr) return;
    const size_t at = ChunkOf(name);
    Chunk chunk = *chunks_[at];
    chunk.erase(chunk.begin() + (LowerBound(chunk, name) - chunk.cbegin()));
    if (chunk.empty()) {
      chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      chunks_[at] = std::make_shared<const Chunk>(std::move(chunk));
    }
  }

  // `sorted` by name, each once. Parts that are equal to those of `before` become them, and what is
  // as before is shared with it.
  static Parts Make(std::vector<Entry> sorted, const Parts* before) {
    Parts out;
    auto at = sorted.begin();
    if (before != nullptr) {
      for (const auto& old : before->chunks_) {
        auto end = std::upper_bound(
            at, sorted.end(), old->back().first,
            [](const std::string& name, const Entry& entry) { return name < entry.first; });
        out.AppendOver(at, end, old);
        at = end;
      }
    }
    out.Append(at, sorted.end());
    return out;
  }

  template <typename Visit>  // (const std::string& name, const Part& part)
  void ForEach(Visit&& visit) const {
    for (const auto& chunk : chunks_) {
      for (const Entry& entry : *chunk) visit(entry.first, entry.second);
    }
  }

  // Visits what differs by identity: (name, before or null, after or null).
  template <typename Visit>
  static void Diff(const Parts& before, const Parts& after, Visit&& visit) {
    Cursor a(before), b(after);
    while (!a.at_end() || !b.at_end()) {
      if (a.is_at_chunk() && b.is_at_chunk() && a.chunk() == b.chunk()) {
        a.NextChunk();
        b.NextChunk();
        continue;
      }
      const int order = a.at_end() ? 1 : b.at_end() ? -1 : a->first.compare(b->first);
      if (order < 0) {
        visit(a->first, &a->second, static_cast<const Part*>(nullptr));
        a.Next();
      } else if (order > 0) {
        visit(b->first, static_cast<const Part*>(nullptr), &b->second);
        b.Next();
      } else {
        if (a->second != b->second) visit(a->first, &a->second, &b->second);
        a.Next();
        b.Next();
      }
    }
  }

  // How many chunks this shares with another, and has.
  size_t shared_chunks_for_test(const Parts& other) const {
    return static_cast<size_t>(std::count_if(chunks_.begin(), chunks_.end(), [&](const auto& c) {
      return std::find(other.chunks_.begin(), other.chunks_.end(), c) != other.chunks_.end();
    }));
  }
  size_t chunk_count_for_test() const { return chunks_.size(); }

 private:
  using Chunk = std::vector<Entry>;
  using Entries = typename std::vector<Entry>::iterator;

  class Cursor {
   public:
    explicit Cursor(const Parts& parts) : parts_(parts) {}
    bool at_end() const { return chunk_ == parts_.chunks_.size(); }
    bool is_at_chunk() const { return !at_end() && index_ == 0; }
    const std::shared_ptr<const Chunk>& chunk() const { return parts_.chunks_[chunk_]; }
    const Entry* operator->() const { return &(*chunk())[index_]; }
    void Next() {
      if (++index_ == chunk()->size()) NextChunk();
    }
    void NextChunk() {
      ++chunk_;
      index_ = 0;
    }

   private:
    const Parts& parts_;
    size_t chunk_ = 0;
    size_t index_ = 0;
  };

  static auto LowerBound(const Chunk& chunk, std::string_view name) {
    return std::lower_bound(
        chunk.begin(), chunk.end(), name,
        [](const Entry& entry, std::string_view wanted) { return entry.first < wanted; });
  }

  // The first chunk that may hold the name.
  size_t ChunkOf(std::string_view name) const {
    const auto it = std::partition_point(
        chunks_.begin(), chunks_.end(),
        [name](const std::shared_ptr<const Chunk>& chunk) { return chunk->back().first < name; });
    return static_cast<size_t>(it - chunks_.begin());
  }

  // Appends entries that stand where `old` stood.
  void AppendOver(Entries begin, Entries end, const std::shared_ptr<const Chunk>& old) {
    bool is_same = static_cast<size_t>(end - begin) == old->size();
    auto known = old->begin();
    for (Entries entry = begin; entry != end; ++entry) {
      while (known != old->end() && known->first < entry->first) ++known;
      const bool stays = known != old->end() && known->first == entry->first &&
                         (known->second == entry->second ||
                          (known->second != nullptr && entry->second != nullptr &&
                           *known->second == *entry->second));
      if (stays) entry->second = known->second;
      is_same = is_same && stays;
    }
    if (is_same) {
      chunks_.push_back(old);
    } else {
      Append(begin, end);
    }
  }

  // Cuts evenly, and joins what is little to what is little before it: else a year of small edits
  // would leave a chunk for each of them.
  void Append(Entries begin, Entries end) {
    auto left = static_cast<size_t>(end - begin);
    if (left == 0) return;
    if (!chunks_.empty() && chunks_.back()->size() + left <= kMaxChunk / 2) {
      Chunk joined = *chunks_.back();
      joined.insert(joined.end(), std::make_move_iterator(begin), std::make_move_iterator(end));
      chunks_.back() = std::make_shared<const Chunk>(std::move(joined));
      return;
    }
    for (size_t pieces = (left + kMaxChunk - 1) / kMaxChunk; pieces > 0; --pieces) {
      const size_t count = (left + pieces - 1) / pieces;
      const auto cut = begin + static_cast<std::ptrdiff_t>(count);
      chunks_.push_back(std::make_shared<const Chunk>(std::make_move_iterator(begin),
                                                      std::make_move_iterator(cut)));
      begin = cut;
      left -= count;
    }
  }

  std::vector<std::shared_ptr<const Chunk>> chunks_;
};

}  // namespace sluice::ir
