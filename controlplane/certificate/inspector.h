// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/certificate/key_pair.h"

namespace sluice::certificate {

// Inspector is InspectKeyPair with a memory: a Gateway with a thousand certificates is resolved
// anew when one of them changes, and the others need no second look.
//
// Thread:   any.
// Lifetime: outlives who asks.
// Errors:   none; what is wrong is the answer.
// Limits:   kMaxKnown answers are kept, by digest: no key stays here.
class Inspector {
 public:
  static constexpr size_t kMaxKnown = 16384;

  KeyPair Inspect(std::string_view chain_pem, std::string_view key_pem);

  // How many pairs it had to look at.
  [[nodiscard]] size_t looked_at() const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, KeyPair> known_ ABSL_GUARDED_BY(mutex_);
  size_t looked_at_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::certificate
