// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/worker_heap.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/log/check.h"
#include "absl/numeric/bits.h"

namespace sluice::http2 {
namespace {

// Powers of two and the halves between them: 32, 48, 64, 96 ... 4096. At most a third is wasted.
constexpr size_t kClasses = 15;
constexpr uint32_t kNoClass = kClasses;

constexpr size_t ClassBytes(size_t index) {
  const size_t power = size_t{32} << (index / 2);
  return index % 2 == 0 ? power : power + power / 2;
}
static_assert(ClassBytes(kClasses - 1) == kMaxClassBytes);

uint32_t ClassFor(size_t size) {
  if (size <= 32) return 0;
  if (size > kMaxClassBytes) return kNoClass;
  const uint32_t log = static_cast<uint32_t>(absl::bit_width(size - 1)) - 1;  // 2^log < size.
  const bool fits_half = size <= (size_t{3} << (log - 1));
  return 2 * (log - 5) + (fits_half ? 1 : 2);
}

// In front of every piece; keeps malloc's alignment of 16.
struct alignas(16) Piece {
  union {
    Piece* next;  // While free.
    size_t size;  // While in use: bytes usable behind it.
  };
  uint32_t size_class;
};

struct Heap {
  Piece* free[kClasses] = {};
  size_t free_bytes = 0;
  size_t in_use = 0;

  ~Heap() { Trim(); }
  void Trim() {
    for (Piece*& head : free) {
      while (head != nullptr) {
        Piece* next = head->next;
        std::free(head);
        head = next;
      }
    }
    free_bytes = 0;
  }
};

thread_local Heap heap;

void* FromMalloc(size_t size, uint32_t size_class) {
  auto* piece = static_cast<Piece*>(std::malloc(sizeof(Piece) + size));
  CHECK(piece != nullptr) << "out of memory";
  piece->size = size;
  piece->size_class = size_class;
  return piece + 1;
}

void* Reallocate(void* ptr, size_t size) {
  if (ptr == nullptr) return HeapAllocate(size);
  const size_t old_size = (static_cast<Piece*>(ptr) - 1)->size;
  if (size <= old_size) return ptr;
  void* grown = HeapAllocate(size);
  std::memcpy(grown, ptr, old_size);
  HeapFree(ptr);
  return grown;
}

void* AllocateZeroed(size_t count, size_t size) {
  CHECK(size == 0 || count <= SIZE_MAX / size);
  void* ptr = HeapAllocate(count * size);
  std::memset(ptr, 0, count * size);
  return ptr;
}

}  // namespace

void* HeapAllocate(size_t size) {
  ++heap.in_use;
  const uint32_t size_class = ClassFor(size);
  if (size_class == kNoClass) return FromMalloc(size, kNoClass);
  Piece*& head = heap.free[size_class];
  if (head == nullptr) return FromMalloc(ClassBytes(size_class), size_class);
  Piece* piece = head;
  head = piece->next;
  piece->size = ClassBytes(size_class);
  heap.free_bytes -= piece->size;
  return piece + 1;
}

void HeapFree(void* ptr) {
  if (ptr == nullptr) return;
  --heap.in_use;
  Piece* piece = static_cast<Piece*>(ptr) - 1;
  if (piece->size_class == kNoClass || heap.free_bytes + piece->size > kMaxFreeBytes) {
    std::free(piece);
    return;
  }
  heap.free_bytes += piece->size;
  piece->next = heap.free[piece->size_class];
  heap.free[piece->size_class] = piece;
}

nghttp2_mem* HeapForNghttp2() {
  static nghttp2_mem mem = {
      nullptr,
      [](size_t size, void*) noexcept { return HeapAllocate(size); },
      [](void* ptr, void*) noexcept { HeapFree(ptr); },
      [](size_t count, size_t size, void*) noexcept { return AllocateZeroed(count, size); },
      [](void* ptr, size_t size, void*) noexcept { return Reallocate(ptr, size); },
  };
  return &mem;
}

size_t HeapPiecesInUse() { return heap.in_use; }

void TrimHeap() { heap.Trim(); }

}  // namespace sluice::http2
