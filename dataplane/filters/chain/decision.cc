// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/chain/decision.h"

#include <new>
#include <type_traits>

namespace sluice::filters {

void NoteDecision(FilterHost& host, const http::PolicyDecision& decision) {
  static_assert(std::is_trivially_destructible_v<http::PolicyDecision>);
  char* memory = host.arena().Allocate(sizeof decision, alignof(http::PolicyDecision));
  auto* kept = new (memory) http::PolicyDecision(decision);
  // Few policies decide about one request: a walk is cheaper than a second pointer in all.
  http::PolicyDecision** last = &host.info().decisions;
  while (*last != nullptr) last = &(*last)->next;
  *last = kept;
  host.worker().CountDecision(decision.policy, decision.outcome, decision.reason);
}

}  // namespace sluice::filters
