// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "dataplane/crypto/digest.h"

namespace sluice::filters {

// VerifiedPasswords remembers passwords that were found good, so that a client which sends the same
// one with each request costs a hash and a look-up. It keeps neither passwords nor what they could
// be found by: entries are hashes under a key that never leaves the process. A changed password has
// another hash to fit, so what was remembered of the old one is of no use.
//
// Thread: its worker's only.
// Limits: kMaxEntries; the oldest goes first.
class VerifiedPasswords {
 public:
  static constexpr size_t kMaxEntries = 4096;

  VerifiedPasswords();

  [[nodiscard]] bool Contains(std::string_view hash, std::string_view password) const;
  void Insert(std::string_view hash, std::string_view password);

 private:
  struct FirstBytes {
    size_t operator()(const crypto::Sha256Digest& digest) const {
      size_t value;
      std::memcpy(&value, digest.data(), sizeof value);
      return value;
    }
  };

  crypto::Sha256Digest EntryOf(std::string_view hash, std::string_view password) const;

  std::string key_;
  absl::flat_hash_set<crypto::Sha256Digest, FirstBytes> entries_;
  std::vector<crypto::Sha256Digest> order_;  // A ring once it is full.
  size_t oldest_ = 0;
};

}  // namespace sluice::filters
