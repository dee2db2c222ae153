// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "nghttp2/nghttp2.h"

namespace sluice::http2 {

// The worker's heap for HTTP/2: nghttp2's allocations and our stream objects, kept on free lists by
// size class, so that a connection in steady state does not reach malloc.
//
// It is not a general allocator: what is larger than kMaxClassBytes goes straight to malloc, which
// happens once a connection (the frame buffer) and not once a request.
//
// Thread:   each thread has its own; memory must be freed by the thread that took it.
// Errors:   none; running out of memory ends the process, as everywhere else.
// Limits:   keeps at most kMaxFreeBytes of free pieces; the rest goes back to malloc.
inline constexpr size_t kMaxClassBytes = 4096;
inline constexpr size_t kMaxFreeBytes = 4 * 1024 * 1024;

void* HeapAllocate(size_t size);
void HeapFree(void* ptr);

// The table that nghttp2 takes. Stateless, lives for ever.
nghttp2_mem* HeapForNghttp2();

// Pieces handed out by this thread and not yet given back.
size_t HeapPiecesInUse();

// Gives the free pieces of this thread back to malloc.
void TrimHeap();

// A base for objects that live on the worker's heap.
struct OnWorkerHeap {
  static void* operator new(size_t size) { return HeapAllocate(size); }
  static void operator delete(void* ptr) { HeapFree(ptr); }
};

}  // namespace sluice::http2
