// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace sluice::base {

// LocalShared is one worker's handle on an immutable object that all workers share. Copies count
// without atomics, so that each request can hold its configuration for the price of an increment;
// the shared_ptr inside is touched once a publish.
//
// Thread:   all copies stay on one thread.
template <typename T>
class LocalShared {
 public:
  LocalShared() = default;
  explicit LocalShared(std::shared_ptr<const T> object)
      : holder_(object == nullptr ? nullptr : new Holder{std::move(object)}) {}
  LocalShared(const LocalShared& other) : holder_(other.holder_) {
    if (holder_ != nullptr) ++holder_->refs;
  }
  LocalShared(LocalShared&& other) noexcept : holder_(std::exchange(other.holder_, nullptr)) {}
  LocalShared& operator=(LocalShared other) noexcept {
    std::swap(holder_, other.holder_);
    return *this;
  }
  ~LocalShared() {
    if (holder_ != nullptr && --holder_->refs == 0) delete holder_;
  }

  const T* get() const { return holder_ == nullptr ? nullptr : holder_->object.get(); }
  const T& operator*() const { return *get(); }
  const T* operator->() const { return get(); }
  explicit operator bool() const { return holder_ != nullptr; }

 private:
  struct Holder {
    std::shared_ptr<const T> object;
    uint32_t refs = 1;
  };
  Holder* holder_ = nullptr;
};

}  // namespace sluice::base
