// SPDX-License-Identifier: Apache-2.0
#include "controlplane/certificate/inspector.h"

#include "absl/strings/str_cat.h"
#include "controlplane/certificate/digest.h"

namespace sluice::certificate {

KeyPair Inspector::Inspect(std::string_view chain_pem, std::string_view key_pem) {
  const std::string digest = absl::StrCat(Sha256(chain_pem), Sha256(key_pem));
  {
    absl::MutexLock lock(&mutex_);
    const auto it = known_.find(digest);
    if (it != known_.end()) return it->second;
  }
  KeyPair pair = InspectKeyPair(chain_pem, key_pem);
  absl::MutexLock lock(&mutex_);
  ++looked_at_;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_[digest] = pair;
  return pair;
}

size_t Inspector::looked_at() const {
  absl::MutexLock lock(&mutex_);
  return looked_at_;
}

}  // namespace sluice::certificate
