// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "api/manifest/object.h"
#include "controlplane/registry/change.h"

namespace sluice::store {

// One object of a snapshot, and the registry's revision of it.
struct StoredObject {
  std::shared_ptr<const manifest::Object> object;
  registry::Revision revision = 0;
};

// KindSet holds the objects of one kind in key order. It never changes: an edit makes a new one
// that shares all but the touched chunks, so that a change among 100,000 routes copies a few
// hundred pointers, and two versions are compared without looking at what they share.
//
// Invariants:
//   1. No chunk is empty, none holds more than kMaxChunk objects.
//   2. Keys grow strictly, within a chunk and from chunk to chunk; all are of one kind.
//
// Thread:   immutable: any.
// Errors:   none.
// Limits:   none of its own; the registry bounds the objects.
class KindSet {
 public:
  static constexpr size_t kMaxChunk = 256;

  // The new state of some objects; nullopt removes.
  using Edits = std::map<manifest::ObjectKey, std::optional<StoredObject>>;

  KindSet() = default;

  [[nodiscard]] KindSet With(const Edits& edits) const;

  const StoredObject* Find(std::string_view ns, std::string_view name) const;
  size_t size() const { return size_; }
  size_t chunk_count_for_test() const { return chunks_.size(); }

  // What differs between two versions, each in key order.
  struct Difference {
    std::vector<manifest::ObjectKey> changed;  // New in `after`, or another object there.
    std::vector<manifest::ObjectKey> removed;
  };
  static void Diff(const KindSet& before, const KindSet& after, Difference& difference);

 private:
  using Chunk = std::vector<StoredObject>;
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = StoredObject;
    using difference_type = std::ptrdiff_t;
    using pointer = const StoredObject*;
    using reference = const StoredObject&;

    Iterator() = default;
    reference operator*() const { return (**chunk_)[index_]; }
    pointer operator->() const { return &**this; }
    Iterator& operator++() {
      if (++index_ == (*chunk_)->size()) NextChunk();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    friend class KindSet;
    explicit Iterator(Chunks::const_iterator chunk) : chunk_(chunk) {}
    // At the first object of a chunk, so that the chunk as a whole may be skipped.
    bool is_at_chunk() const { return index_ == 0; }
    void NextChunk() {
      ++chunk_;
      index_ = 0;
    }

    Chunks::const_iterator chunk_;
    size_t index_ = 0;
  };
  Iterator begin() const { return Iterator(chunks_.begin()); }
  Iterator end() const { return Iterator(chunks_.end()); }

 private:
  void Append(Chunk chunk);
  void AppendShared(std::shared_ptr<const Chunk> chunk);

  Chunks chunks_;
  size_t size_ = 0;
};

}  // namespace sluice::store
