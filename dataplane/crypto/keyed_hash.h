// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::crypto {

// 128 bits that stand for a text.
struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

// KeyedHash gives texts that strangers choose places in tables. Who does not know the key can
// neither find two texts of one hash nor texts that fall into one bucket: SipHash-2-4 (Aumasson and
// Bernstein, 2012) under two independent keys. Abseil's hash is not for this: it is made for speed,
// gives 64 bits, and its seed is an address, the same for all tables of a process and never said to
// be secret.
//
// It is no message authentication code for what leaves the process: see HmacSha256 in digest.h.
//
// Thread:   immutable; any.
// Lifetime: a value.
// Errors:   none.
// Limits:   no allocation; texts of any length, in time that grows with it.
class KeyedHash {
 public:
  using Key = std::array<uint64_t, 4>;

  explicit KeyedHash(const Key& key) : key_(key) {}

  // A key that nobody can foretell.
  [[nodiscard]] static Key RandomKey();

  [[nodiscard]] Hash128 Hash(std::string_view text) const;

 private:
  const Key key_;
};

}  // namespace sluice::crypto
