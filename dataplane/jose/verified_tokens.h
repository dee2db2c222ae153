// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "dataplane/http/claims.h"
#include "dataplane/jose/token_outcome.h"
#include "dataplane/jose/token_times.h"

namespace sluice::jose {

// The SHA-256 of a token, signature and all. Computed by whoever may hash.
using TokenHash = std::array<uint8_t, 32>;

// What a key is, as a hash of its parameters and label: equal for the same key in two sets.
using KeyId = std::array<uint8_t, 32>;

// VerifiedTokens remembers tokens whose signature and claims were found good, so that a client
// which sends the same token with each request costs a hash and a look-up and no signature check.
//
// It keeps no verdict for ever: a hit is judged by the clock of the moment, and holds only while
// the key that verified the token is still in use. Refused tokens are not kept, or anybody could
// fill it.
//
// Eviction is CLOCK: an entry that was hit since the hand last passed gets another round, and a new
// entry has not been hit, so tokens that come once do not push out those that come again.
//
// Thread:   its worker's only.
// Lifetime: claims are shared with the requests that use them.
// Errors:   none; what does not fit is not kept.
// Limits:   `max_tokens` and `max_bytes`, of which an entry takes its claims and some 350 bytes. A
// hit
//           allocates nothing.
class VerifiedTokens {
 public:
  struct Hit {
    // Null: not known, or no longer to be believed.
    std::shared_ptr<const http::Claims> claims;
    // If there are claims: what the clock says of the token.
    TokenOutcome outcome = TokenOutcome::kAccepted;
  };

  // `max_tokens` of 0 keeps nothing.
  VerifiedTokens(size_t max_tokens, size_t max_bytes);

  // The hash is compared whole. A token whose key is not among `live_keys` is forgotten; so is one
  // that has expired.
  [[nodiscard]] Hit Find(const TokenHash& hash, absl::Span<const KeyId> live_keys,
                         const TimeRules& rules, absl::Time now);

  // Keeps a token that was accepted. One that is known is replaced.
  void Insert(const TokenHash& hash, const KeyId& key, const TokenTimes& times,
              std::shared_ptr<const http::Claims> claims);

  [[nodiscard]] size_t size() const { return index_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    TokenHash hash;
    KeyId key;
    TokenTimes times;
    std::shared_ptr<const http::Claims> claims;  // null: a free slot
    bool was_hit = false;
  };

  // A SHA-256 is as even as a hash gets, and only tokens that a trusted key signed are inserted.
  struct FirstBytes {
    size_t operator()(const TokenHash& hash) const {
      size_t value;
      std::memcpy(&value, hash.data(), sizeof(value));
      return value;
    }
  };

  // An entry, its place in the index (hash, slot, a control byte, at the lowest load) and the
  // control block of its claims.
  static constexpr size_t kEntryBytes = sizeof(Entry) + 2 * (sizeof(TokenHash) + 8 + 1) + 16;

  static size_t BytesOf(const http::Claims& claims) { return kEntryBytes + claims.bytes(); }
  bool HasRoomFor(size_t bytes) const;
  void EvictOne();
  void Forget(uint32_t slot);
  uint32_t TakeSlot();

  const size_t max_tokens_;
  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::vector<Entry> slots_;  // grows to max_tokens_ as it is used
  std::vector<uint32_t> free_slots_;
  absl::flat_hash_map<TokenHash, uint32_t, FirstBytes> index_;
  size_t hand_ = 0;
};

}  // namespace sluice::jose
