// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/verified_passwords.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace sluice::filters {

VerifiedPasswords::VerifiedPasswords() : key_(32, '\0') {
  crypto::FillRandom({reinterpret_cast<uint8_t*>(key_.data()), key_.size()});
}

crypto::Sha256Digest VerifiedPasswords::EntryOf(std::string_view hash,
                                                std::string_view password) const {
  // No hash holds a NUL, so no two pairs make the same text.
  return crypto::HmacSha256(key_, absl::StrCat(hash, std::string_view("\0", 1), password));
}

bool VerifiedPasswords::Contains(std::string_view hash, std::string_view password) const {
  return entries_.contains(EntryOf(hash, password));
}

void VerifiedPasswords::Insert(std::string_view hash, std::string_view password) {
  const crypto::Sha256Digest entry = EntryOf(hash, password);
  if (!entries_.insert(entry).second) return;
  if (order_.size() < kMaxEntries) {
    order_.push_back(entry);
    return;
  }
  entries_.erase(order_[oldest_]);
  order_[oldest_] = entry;
  oldest_ = (oldest_ + 1) % kMaxEntries;
}

}  // namespace sluice::filters
