// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/password_threads.h"

#include <pthread.h>

#include <utility>

#include "dataplane/crypto/password_hash.h"

namespace sluice::crypto {

PasswordThreads::PasswordThreads(size_t threads) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

PasswordThreads::~PasswordThreads() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

bool PasswordThreads::TryCheck(std::string hash, std::string password,
                               absl::AnyInvocable<void(bool good)> done) {
  absl::MutexLock lock(&mutex_);
  if (waiting_.size() >= kMaxWaiting) return false;
  waiting_.push_back({std::move(hash), std::move(password), std::move(done)});
  return true;
}

void PasswordThreads::Run() {
  pthread_setname_np(pthread_self(), "passwords");
  const auto is_due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  };
  while (true) {
    Check check;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&is_due));
      if (stopping_) return;
      check = std::move(waiting_.front());
      waiting_.pop_front();
    }
    check.done(HasPasswordHash(check.password, check.hash));
  }
}

}  // namespace sluice::crypto
