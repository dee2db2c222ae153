// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

namespace sluice::base {

// A Block is a piece of memory that Slices share. Blocks of the standard size are kept on a free
// list of the thread that frees them, so that steady traffic does not reach malloc.
//
// Thread:   its worker's only: the count is not atomic.
// Limits:   the free list holds at most kMaxFreeBlocks blocks.
class Block {
 public:
  static constexpr size_t kStandardSize = 16 * 1024;
  static constexpr size_t kMaxFreeBlocks = 256;

  // A block with room for at least `capacity` bytes, below 4 GiB, and a count of one.
  static Block* New(size_t capacity = kStandardSize);

  void Ref() { ++refs_; }
  void Unref() {
    if (--refs_ == 0) Free();
  }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  size_t capacity() const { return capacity_; }

  // Bytes handed out so far; the rest is free for whoever appends next. A slice never covers
  // bytes beyond it, so appending to a shared block is safe.
  size_t used() const { return used_; }
  void set_used(size_t used) { used_ = static_cast<uint32_t>(used); }

  // Frees the blocks that this thread keeps for reuse.
  static void TrimFreeList();

 private:
  explicit Block(size_t capacity) : capacity_(static_cast<uint32_t>(capacity)) {}
  void Free();

  uint32_t refs_ = 1;
  uint32_t capacity_;
  uint32_t used_ = 0;
  uint32_t unused_ = 0;
};

// A Slice is a counted view of part of a Block.
class Slice {
 public:
  Slice() = default;
  // Shares `block`, adding to its count.
  Slice(Block* block, const char* data, size_t size) : block_(block), data_(data), size_(size) {
    if (block_ != nullptr) block_->Ref();
  }
  Slice(const Slice& other) : Slice(other.block_, other.data_, other.size_) {}
  Slice(Slice&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Slice& operator=(Slice other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slice() {
    if (block_ != nullptr) block_->Unref();
  }

  // A slice of its own holding a copy of `bytes`.
  static Slice Copy(std::string_view bytes);
  // A slice of bytes that live for ever (string literals); counts nothing.
  static Slice Literal(std::string_view bytes) {
    return Slice(nullptr, bytes.data(), bytes.size());
  }

  const char* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  Block* block() const { return block_; }

  void RemovePrefix(size_t n) { data_ += n, size_ -= n; }
  Slice Sub(size_t offset, size_t size) const { return Slice(block_, data_ + offset, size); }

 private:
  Block* block_ = nullptr;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// A Buffer is a queue of bytes kept as slices: Append and MoveFrom copy no bytes.
//
// Thread:   its worker's only.
// Limits:   none of its own: whoever fills it checks size() against a stated bound.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Appends a copy of `bytes`, into the last block's free room where there is some.
  void AppendCopy(std::string_view bytes);
  // Appends the slice itself.
  void Append(Slice slice);
  // Appends references to all of `other`'s slices; `other` keeps its own.
  void AppendShared(const Buffer& other);
  // Moves all of `other`, or its first `n` bytes, behind our last byte.
  void MoveFrom(Buffer& other);
  void MoveFrom(Buffer& other, size_t n);

  // Drops the first `n` bytes. Requires n <= size().
  void Drain(size_t n);
  void Clear();

  // The first slice. Requires !empty().
  const Slice& front() const { return slices_[head_]; }

  // Makes the first `n` bytes contiguous (copying only if they are not) and returns a slice of
  // them, without draining. Requires n <= size().
  Slice Linearize(size_t n);

  // Room to receive at least `min_bytes`: the tail of the last block, or a new block's.
  // What was filled is then committed. Nothing else may be called in between.
  absl::Span<char> Reserve(size_t min_bytes = 1024);
  void Commit(size_t n);

  // Fills `out` with the first slices, for writev. Returns how many.
  size_t FillIovec(absl::Span<iovec> out) const;

  // Calls `visit(std::string_view)` on each slice in order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = head_; i < slices_.size(); ++i) visit(slices_[i].view());
  }

  std::string ToString() const;

 private:
  void PopFront();

  absl::InlinedVector<Slice, 4> slices_;
  size_t head_ = 0;  // Slices before it are spent.
  size_t size_ = 0;
  Block* reserved_ = nullptr;  // Set between Reserve and Commit when a new block was taken.
};

}  // namespace sluice::base
