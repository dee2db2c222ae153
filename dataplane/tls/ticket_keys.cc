// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/ticket_keys.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::tls {

absl::StatusOr<std::vector<TicketKeys::Key>> TicketKeys::Parse(absl::Span<const std::string> keys) {
  std::vector<Key> out;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].size() != kGivenKeySize) {
      return absl::InvalidArgumentError(absl::StrCat("session ticket key ", i + 1, " has ",
                                                     keys[i].size(), " bytes; it must have ",
                                                     kGivenKeySize));
    }
    Key key;
    std::memcpy(key.name.data(), keys[i].data(), 16);
    std::memcpy(key.hmac.data(), keys[i].data() + 16, 32);
    std::memcpy(key.aes.data(), keys[i].data() + 48, 32);
    out.push_back(key);
  }
  return out;
}

TicketKeys::TicketKeys(const base::Clock& clock, std::vector<Key> given)
    : clock_(clock), given_(true), keys_(std::move(given)) {}

TicketKeys::Key TicketKeys::Current() {
  absl::MutexLock lock(&mutex_);
  RotateLocked();
  return keys_.front();
}

bool TicketKeys::Find(const uint8_t* name, Key& key, bool& renew) {
  absl::MutexLock lock(&mutex_);
  RotateLocked();
  for (const Key& candidate : keys_) {
    if (!std::equal(candidate.name.begin(), candidate.name.end(), name)) continue;
    key = candidate;
    renew = &candidate != &keys_.front();
    return true;
  }
  return false;
}

void TicketKeys::RotateLocked() {
  if (given_) return;
  const int64_t now_s = clock_.MonotonicNs() / 1'000'000'000;
  if (!keys_.empty() && now_s - newest_since_s_ < kRotateSeconds) return;
  // After a long silence all old keys are too old, however few there are.
  if (!keys_.empty() &&
      now_s - newest_since_s_ >= kRotateSeconds * static_cast<int64_t>(kKeptKeys)) {
    keys_.clear();
  }
  Key key;
  RAND_bytes(key.name.data(), key.name.size());
  RAND_bytes(key.hmac.data(), key.hmac.size());
  RAND_bytes(key.aes.data(), key.aes.size());
  keys_.insert(keys_.begin(), key);
  if (keys_.size() > kKeptKeys) keys_.pop_back();
  newest_since_s_ = now_s;
}

}  // namespace sluice::tls
