// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/worker_heap.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::http2 {
namespace {

TEST(WorkerHeapTest, PiecesAreAsLargeAsAskedAndAligned) {
  std::vector<void*> pieces;
  for (size_t size = 0; size <= 5000; ++size) {
    void* piece = HeapAllocate(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % 16, 0u);
    std::memset(piece, 0xab, size);  // ASan sees what is beyond.
    pieces.push_back(piece);
  }
  EXPECT_EQ(HeapPiecesInUse(), pieces.size());
  for (void* piece : pieces) HeapFree(piece);
  EXPECT_EQ(HeapPiecesInUse(), 0u);
}

TEST(WorkerHeapTest, FreedPieceServesTheNextOfItsClass) {
  void* first = HeapAllocate(100);
  HeapFree(first);
  void* second = HeapAllocate(128);
  EXPECT_EQ(first, second);
  HeapFree(second);
}

TEST(WorkerHeapTest, ReallocationKeepsWhatWasThere) {
  nghttp2_mem* mem = HeapForNghttp2();
  auto* text = static_cast<char*>(mem->malloc(6, nullptr));
  std::memcpy(text, "hello", 6);
  text = static_cast<char*>(mem->realloc(text, 10'000, nullptr));
  EXPECT_STREQ(text, "hello");
  mem->free(text, nullptr);
  auto* zeros = static_cast<char*>(mem->calloc(10, 10, nullptr));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(zeros[i], 0);
  mem->free(zeros, nullptr);
  mem->free(nullptr, nullptr);
  TrimHeap();
}

}  // namespace
}  // namespace sluice::http2
