// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/pushapi/propagation.h"
#include "controlplane/xdsserver/fleet.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// One wait for a revision. It ends once: when the last Gateway's rollcall is in, or by Expire.
//
// Thread:   any; `done` runs with no lock held.
// Lifetime: shared by who waits; the fleet outlives it. Dying, it withdraws what it asked.
class Propagation::Waiting : public std::enable_shared_from_this<Waiting> {
 public:
  Waiting(xdsserver::Fleet& fleet, registry::Revision revision,
          std::vector<registry::Revision> changes, absl::Time since, absl::Time deadline,
          Done done);
  ~Waiting();

  [[nodiscard]] registry::Revision revision() const { return revision_; }
  [[nodiscard]] const std::vector<registry::Revision>& changes() const { return changes_; }
  [[nodiscard]] absl::Time deadline() const { return deadline_; }

  // Asks the proxies of those Gateways. Called once.
  void Ask(const Reach& reach);
  // Ends the wait with what is known.
  void Expire();

 private:
  void OnRollcall(const xdsserver::Rollcall& call);
  void TakeAnswersLocked(const xdsserver::Rollcall& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseOne();
  void Finish(bool is_complete);

  xdsserver::Fleet& fleet_;
  const registry::Revision revision_;
  const std::vector<registry::Revision> changes_;
  const absl::Time since_;
  const absl::Time deadline_;
  const Done done_;

  absl::Mutex mutex_;
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;  // Rollcalls that are still out, and Ask itself.
  std::vector<uint64_t> rollcalls_ ABSL_GUARDED_BY(mutex_);
  push::v1::WaitResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::pushapi
