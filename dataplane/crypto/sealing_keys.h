// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

struct evp_aead_ctx_st;

namespace sluice::crypto {

// SealingKeys hides and authenticates small pieces of state that a client keeps for us, with
// AES-256-GCM (RFC 5116 §5.2). The first key seals, all of them open: so keys are rotated by
// putting a new one in front.
//
// A sealed piece is: one byte of format (1), four bytes of key id (big-endian), 12 random bytes of
// nonce, ciphertext, 16 bytes of tag. The id is authenticated along with `context`, which the
// caller uses to tie a piece to its purpose and owner (a cookie's name, a user): what was sealed
// for one context does not open in another. Expiry is not its business: seal it inside.
//
// Thread:   any; immutable after Make.
// Lifetime: what Seal and Open return is the caller's.
// Errors:   Make says what is wrong without showing a key; Open gives nothing, and not a reason,
// for
//           whatever was not sealed by us.
// Limits:   kMaxKeys keys, pieces up to kMaxPlainBytes. With random nonces a key should seal at
// most
//           2^32 pieces (NIST SP 800-38D §8.3): rotate before.
class SealingKeys {
 public:
  static constexpr size_t kKeyBytes = 32;
  static constexpr size_t kMaxKeys = 8;
  static constexpr size_t kMaxPlainBytes = 64 * 1024;
  static constexpr size_t kOverheadBytes = 1 + 4 + 12 + 16;

  struct Key {
    uint32_t id = 0;    // unique in its set
    std::string bytes;  // exactly kKeyBytes
  };

  static absl::StatusOr<SealingKeys> Make(absl::Span<const Key> keys);

  // Nothing if `plain` is too long.
  [[nodiscard]] std::optional<std::string> Seal(std::string_view plain,
                                                std::string_view context) const;

  [[nodiscard]] std::optional<std::string> Open(std::string_view sealed,
                                                std::string_view context) const;

 private:
  struct FreeContext {
    void operator()(evp_aead_ctx_st* context) const;
  };
  struct Entry {
    uint32_t id;
    std::unique_ptr<evp_aead_ctx_st, FreeContext> aead;
  };

  SealingKeys() = default;

  std::vector<Entry> keys_;  // never empty
};

}  // namespace sluice::crypto
