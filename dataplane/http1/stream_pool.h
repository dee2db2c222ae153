// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::http1 {

// A StreamPool keeps the stream objects that a thread is done with for its next requests: an idle
// connection then holds none, and a busy one allocates none.
//
// Thread:   a free list for each thread.
// Limits:   keeps at most kMaxKept objects.
template <typename T>
class StreamPool {
 public:
  static constexpr size_t kMaxKept = 128;

  static std::unique_ptr<T> Take() {
    if (free_.empty()) return std::make_unique<T>();
    std::unique_ptr<T> stream = std::move(free_.back());
    free_.pop_back();
    return stream;
  }

  // Requires that nobody uses `stream` any more, but for a method of it that is about to return.
  static void Give(std::unique_ptr<T> stream) {
    stream->Clear();
    if (free_.size() < kMaxKept) free_.push_back(std::move(stream));
  }

 private:
  inline static thread_local std::vector<std::unique_ptr<T>> free_;
};

}  // namespace sluice::http1
