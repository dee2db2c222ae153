// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "controlplane/ir/consumer.h"
#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/refusal.h"
#include "sluice/v1alpha1/consumer.pb.h"

namespace sluice::resolve {

// A consumer by itself, before others' claims to its credentials are looked at.
struct ConsumerDraft {
  ir::Consumer consumer;
  absl::Time created;             // The far future if that is not known.
  std::vector<Refusal> refusals;  // Keys that are left out, and why.
};

// Follows the Secrets of a consumer. A key whose Secret is not there is nobody's.
ConsumerDraft ResolveConsumer(Facts& facts, const manifest::ObjectKey& key,
                              const v1alpha1::Consumer& consumer);

}  // namespace sluice::resolve
