// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/memory.h"

#include <new>

namespace sluice::exchange {
namespace {

// All pieces are of one size: only Exchange uses this.
struct FreeList {
  void* head = nullptr;
  size_t count = 0;
  ~FreeList() {
    while (head != nullptr) {
      void* next = *static_cast<void**>(head);
      ::operator delete(head);
      head = next;
    }
  }
};

thread_local FreeList free_list;

#if __has_feature(address_sanitizer)
constexpr size_t kKept = 0;
#else
constexpr size_t kKept = ExchangeMemory::kMaxKept;
#endif

}  // namespace

void* ExchangeMemory::Take(size_t size) {
  if (free_list.head == nullptr) return ::operator new(size);
  void* memory = free_list.head;
  free_list.head = *static_cast<void**>(memory);
  --free_list.count;
  return memory;
}

void ExchangeMemory::Give(void* memory, size_t size) {
  if (free_list.count >= kKept) return ::operator delete(memory);
  *static_cast<void**>(memory) = free_list.head;
  free_list.head = memory;
  ++free_list.count;
}

}  // namespace sluice::exchange
