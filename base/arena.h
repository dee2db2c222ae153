// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "base/buffer.h"

namespace sluice::base {

// An Arena holds the bytes that one request makes up along the way (rewritten paths, added header
// values). Memory is given back all at once; nothing in it has a destructor run.
//
// Thread:   its worker's only.
// Lifetime: what it hands out lives until Reset or destruction.
// Limits:   none of its own; callers bound what they ask for (header limits).
class Arena {
 public:
  Arena() = default;
  ~Arena() { Reset(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `n` bytes aligned to `align` (a power of two, at most 16).
  char* Allocate(size_t n, size_t align = 1) {
    uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + align - 1) & ~(uintptr_t{align} - 1);
    if (at + n > reinterpret_cast<uintptr_t>(end_)) return AllocateSlow(n, align);
    next_ = reinterpret_cast<char*>(at + n);
    return reinterpret_cast<char*>(at);
  }

  // A copy of `bytes` that lives as long as the arena.
  std::string_view Copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* out = Allocate(bytes.size());
    std::memcpy(out, bytes.data(), bytes.size());
    return {out, bytes.size()};
  }

  // The concatenation of the pieces.
  template <typename... Pieces>
  std::string_view Concat(const Pieces&... pieces) {
    const size_t n = (std::string_view(pieces).size() + ... + 0);
    if (n == 0) return {};
    char* out = Allocate(n);
    char* at = out;
    ((at = std::copy_n(std::string_view(pieces).data(), std::string_view(pieces).size(), at)), ...);
    return {out, n};
  }

  // Keeps `slice`'s bytes alive as long as the arena.
  void Pin(Slice slice) { pins_.push_back(std::move(slice)); }

  // Takes over all that `other` holds: what it handed out now lives as long as this arena.
  void Adopt(Arena& other);

  // Forgets everything; the blocks go back to the thread's free list.
  void Reset();

 private:
  char* AllocateSlow(size_t n, size_t align);

  char* next_ = nullptr;
  char* end_ = nullptr;
  absl::InlinedVector<Slice, 4> pins_;
};

}  // namespace sluice::base
