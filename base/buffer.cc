// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "absl/log/check.h"

namespace sluice::base {
namespace {

// The blocks of standard size that this thread has freed, linked through their first bytes.
struct FreeList {
  Block* head = nullptr;
  size_t count = 0;
  ~FreeList() { Trim(); }
  void Trim();
};

thread_local FreeList free_list;

Block*& NextFree(Block* block) { return *reinterpret_cast<Block**>(block->data()); }

void FreeList::Trim() {
  while (head != nullptr) {
    Block* next = NextFree(head);
    ::operator delete(head);
    head = next;
  }
  count = 0;
}

}  // namespace

Block* Block::New(size_t capacity) {
  DCHECK_LE(capacity, std::numeric_limits<uint32_t>::max());
  if (capacity <= kStandardSize) {
    capacity = kStandardSize;
    if (free_list.head != nullptr) {
      Block* block = free_list.head;
      free_list.head = NextFree(block);
      --free_list.count;
      return new (block) Block(kStandardSize);
    }
  }
  void* memory = ::operator new(sizeof(Block) + capacity);
  return new (memory) Block(capacity);
}

void Block::Free() {
  if (capacity_ == kStandardSize && free_list.count < kMaxFreeBlocks) {
    NextFree(this) = free_list.head;
    free_list.head = this;
    ++free_list.count;
    return;
  }
  ::operator delete(this);
}

void Block::TrimFreeList() { free_list.Trim(); }

Slice Slice::Copy(std::string_view bytes) {
  Block* block = Block::New(bytes.size());
  std::memcpy(block->data(), bytes.data(), bytes.size());
  block->set_used(bytes.size());
  Slice slice(block, block->data(), bytes.size());
  block->Unref();
  return slice;
}

Buffer::Buffer(Buffer&& other) noexcept { *this = std::move(other); }

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  slices_ = std::move(other.slices_);
  head_ = std::exchange(other.head_, 0);
  size_ = std::exchange(other.size_, 0);
  other.slices_.clear();
  return *this;
}

void Buffer::AppendCopy(std::string_view bytes) {
  while (!bytes.empty()) {
    absl::Span<char> room = Reserve(1);
    const size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    Commit(n);
    bytes.remove_prefix(n);
  }
}

void Buffer::Append(Slice slice) {
  if (slice.empty()) return;
  size_ += slice.size();
  slices_.push_back(std::move(slice));
}

void Buffer::AppendShared(const Buffer& other) {
  for (size_t i = other.head_; i < other.slices_.size(); ++i) Append(other.slices_[i]);
}

void Buffer::MoveFrom(Buffer& other) {
  if (empty()) {
    *this = std::move(other);
    return;
  }
  for (size_t i = other.head_; i < other.slices_.size(); ++i) Append(std::move(other.slices_[i]));
  other.Clear();
}

void Buffer::MoveFrom(Buffer& other, size_t n) {
  DCHECK_LE(n, other.size_);
  if (n == other.size_) return MoveFrom(other);
  while (n > 0) {
    const Slice& first = other.front();
    if (first.size() > n) {
      Append(first.Sub(0, n));
      other.Drain(n);
      return;
    }
    n -= first.size();
    other.size_ -= first.size();
    Append(std::move(other.slices_[other.head_]));
    other.PopFront();
  }
}

void Buffer::PopFront() {
  slices_[head_] = Slice();
  ++head_;
  if (head_ == slices_.size()) {
    slices_.clear();
    head_ = 0;
  } else if (head_ >= 16 && head_ * 2 >= slices_.size()) {
    // Keeps the vector from growing for ever under a queue that never runs empty.
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
}

void Buffer::Drain(size_t n) {
  DCHECK_LE(n, size_);
  size_ -= n;
  while (n > 0) {
    Slice& first = slices_[head_];
    if (first.size() > n) {
      first.RemovePrefix(n);
      return;
    }
    n -= first.size();
    PopFront();
  }
}

void Buffer::Clear() {
  slices_.clear();
  head_ = 0;
  size_ = 0;
}

Slice Buffer::Linearize(size_t n) {
  DCHECK_LE(n, size_);
  if (n == 0) return Slice();
  if (front().size() >= n) return front().Sub(0, n);
  Block* block = Block::New(n);
  size_t filled = 0;
  size_t i = head_;
  size_t cut = 0;  // Bytes taken of the slice that straddles the end.
  while (filled < n) {
    const Slice& slice = slices_[i];
    const size_t take = std::min(slice.size(), n - filled);
    std::memcpy(block->data() + filled, slice.data(), take);
    filled += take;
    if (take == slice.size()) {
      ++i;
    } else {
      cut = take;
    }
  }
  block->set_used(n);
  Slice whole(block, block->data(), n);
  block->Unref();
  if (cut > 0) slices_[i].RemovePrefix(cut);
  slices_.erase(slices_.begin() + static_cast<ptrdiff_t>(head_),
                slices_.begin() + static_cast<ptrdiff_t>(i));
  slices_.insert(slices_.begin() + static_cast<ptrdiff_t>(head_), whole);
  return whole;
}

absl::Span<char> Buffer::Reserve(size_t min_bytes) {
  DCHECK(reserved_ == nullptr);
  if (!slices_.empty()) {
    const Slice& last = slices_.back();
    Block* block = last.block();
    // Only the slice that ends where the block's used part ends may grow into the rest.
    if (block != nullptr && last.data() + last.size() == block->data() + block->used() &&
        block->capacity() - block->used() >= min_bytes) {
      return {block->data() + block->used(), block->capacity() - block->used()};
    }
  }
  reserved_ = Block::New(min_bytes);
  return {reserved_->data(), reserved_->capacity()};
}

void Buffer::Commit(size_t n) {
  if (reserved_ != nullptr) {
    Block* block = std::exchange(reserved_, nullptr);
    if (n > 0) {
      block->set_used(n);
      Append(Slice(block, block->data(), n));
    }
    block->Unref();
    return;
  }
  if (n == 0) return;
  Slice& last = slices_.back();
  Block* block = last.block();
  block->set_used(block->used() + n);
  last = Slice(block, last.data(), last.size() + n);
  size_ += n;
}

size_t Buffer::FillIovec(absl::Span<iovec> out) const {
  size_t count = 0;
  for (size_t i = head_; i < slices_.size() && count < out.size(); ++i, ++count) {
    out[count].iov_base = const_cast<char*>(slices_[i].data());
    out[count].iov_len = slices_[i].size();
  }
  return count;
}

std::string Buffer::ToString() const {
  std::string out;
  out.reserve(size_);
  ForEach([&out](std::string_view piece) { out.append(piece); });
  return out;
}

}  // namespace sluice::base
