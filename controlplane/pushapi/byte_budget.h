// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace sluice::pushapi {

// ByteBudget bounds what the requests of one port hold in memory together: each may be large, and
// all of them at once must not be.
//
// Thread:   any.
// Lifetime: held by its shares.
// Errors:   no share; the caller says that it is full.
class ByteBudget : public std::enable_shared_from_this<ByteBudget> {
 public:
  explicit ByteBudget(size_t bytes) : left_(bytes) {}

  // Some of the budget, given back when it dies.
  class Share {
   public:
    explicit Share(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}
    ~Share() { budget_->left_ += bytes_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Adds to the share, or changes nothing and returns false.
    [[nodiscard]] bool TryGrow(size_t bytes) {
      size_t left = budget_->left_;
      do {
        if (left < bytes) return false;
      } while (!budget_->left_.compare_exchange_weak(left, left - bytes));
      bytes_ += bytes;
      return true;
    }

   private:
    const std::shared_ptr<ByteBudget> budget_;
    size_t bytes_ = 0;
  };

  [[nodiscard]] std::shared_ptr<Share> NewShare() {
    return std::make_shared<Share>(shared_from_this());
  }

 private:
  std::atomic<size_t> left_;
};

}  // namespace sluice::pushapi
