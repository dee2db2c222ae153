// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "base/clock.h"

namespace sluice::tls {

// The keys that session tickets are sealed with, shared by all workers so that a client may resume
// on any of them. Our own keys are random, and a new one takes over every `kRotateSeconds`; keys
// that were given (for a fleet that shares them) stay as they are.
//
// Thread:   any; one short lock per ticket, at handshakes only.
// Lifetime: the clock outlives it.
// Limits:   `kKeptKeys` own keys: with the rotation that is longer than a ticket lives.
class TicketKeys {
 public:
  static constexpr int64_t kRotateSeconds = 3600;
  static constexpr size_t kKeptKeys = 4;
  static constexpr size_t kGivenKeySize = 80;  // Bytes.

  struct Key {
    std::array<uint8_t, 16> name;
    std::array<uint8_t, 32> hmac;
    std::array<uint8_t, 32> aes;
  };

  explicit TicketKeys(const base::Clock& clock) : clock_(clock) {}

  // Keys in the form of other proxies: 16 bytes of name, 32 of HMAC key, 32 of AES key.
  // Errors: kInvalidArgument if one has another length, without showing it.
  static absl::StatusOr<std::vector<Key>> Parse(absl::Span<const std::string> keys);
  // Takes such keys, at least one: the first seals, all open.
  TicketKeys(const base::Clock& clock, std::vector<Key> given);

  // The key that seals now.
  Key Current();

  // Finds the key that sealed a ticket. `renew` is set if it is no longer the current one.
  bool Find(const uint8_t* name, Key& key, bool& renew);

 private:
  void RotateLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::Clock& clock_;
  const bool given_ = false;
  absl::Mutex mutex_;
  int64_t newest_since_s_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Key> keys_ ABSL_GUARDED_BY(mutex_);  // Newest first.
};

}  // namespace sluice::tls
