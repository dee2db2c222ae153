// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

namespace sluice::base {

char* Arena::AllocateSlow(size_t n, size_t align) {
  Block* block = Block::New(n + align);
  pins_.push_back(Slice(block, block->data(), block->capacity()));
  block->Unref();
  next_ = block->data();
  end_ = block->data() + block->capacity();
  return Allocate(n, align);
}

void Arena::Adopt(Arena& other) {
  for (Slice& pin : other.pins_) pins_.push_back(std::move(pin));
  other.Reset();
}

void Arena::Reset() {
  pins_.clear();
  next_ = end_ = nullptr;
}

}  // namespace sluice::base
