// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/registry/change.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// Propagation tells when changes are served by every connected proxy that they reach.
//
// A change reaches the Gateways whose snapshots its translation changed; what another Gateway's
// proxies refuse, or are late with, is not its affair. A wait first lasts until the revision has
// been translated (OnTranslated), then until every proxy of those Gateways has answered that
// snapshot or a later one. A refusal is an answer too.
//
// Thread:   any. `done` runs once, on whichever thread brings the last answer, or on Propagation's
//           own when time is up, with no lock held.
// Lifetime: cache and fleet outlive it. The destructor ends all waits, calling their `done`.
// Errors:   none; what is missing is in the answer.
// Limits:   kMaxTimeout a wait; the times of the last kMaxApplies applies and the reach of the last
//           kMaxReaches translations are remembered. An older change counts as reaching every
//           Gateway, as does everything that was there when the process started, and a wait for
//           more than kMaxChanges.
class Propagation {
 public:
  static constexpr absl::Duration kDefaultTimeout = absl::Seconds(30);
  static constexpr absl::Duration kMaxTimeout = absl::Minutes(10);
  static constexpr size_t kMaxApplies = 1024;
  static constexpr size_t kMaxReaches = 4096;
  // As many as one transaction may have operations.
  static constexpr size_t kMaxChanges = 100'000;

  // The Gateways (NS/NAME) whose snapshots a translation changed, and to which sequence.
  using Reach = std::map<std::string, uint64_t>;

  Propagation(const xdsserver::SnapshotCache& cache, xdsserver::Fleet& fleet,
              xdsserver::Clock clock);
  ~Propagation();
  Propagation(const Propagation&) = delete;
  Propagation& operator=(const Propagation&) = delete;

  // When the apply that made `revision` began.
  void NoteApplied(registry::Revision revision, absl::Time since);
  // The snapshots of `revision` are in the cache; `reach` is what they changed since the call
  // before.
  void OnTranslated(registry::Revision revision, Reach reach);

  // Ends its wait, unanswered, when it dies.
  class Waiting;
  using Done = std::function<void(push::v1::WaitResponse)>;
  // `changes`, none above `revision`: see push.proto. Revision 0 is the newest that is translated,
  // and of every Gateway. A zero `timeout` is kDefaultTimeout.
  [[nodiscard]] std::shared_ptr<Waiting> Wait(registry::Revision revision,
                                              std::vector<registry::Revision> changes,
                                              absl::Duration timeout, Done done);

 private:
  void Run();
  [[nodiscard]] Reach ReachOfLocked(const std::vector<registry::Revision>& changes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] Reach EveryGateway() const;
  [[nodiscard]] absl::Time NextDeadlineLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const xdsserver::SnapshotCache& cache_;
  xdsserver::Fleet& fleet_;
  const xdsserver::Clock clock_;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  registry::Revision translated_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<registry::Revision, absl::Time> applied_ ABSL_GUARDED_BY(mutex_);
  // By the revision that a translation came to: an entry is about all after the one before it.
  std::map<registry::Revision, Reach> reaches_ ABSL_GUARDED_BY(mutex_);
  // Up to here nobody remembers what reached whom. -1: nothing has been translated.
  registry::Revision forgotten_ ABSL_GUARDED_BY(mutex_) = -1;
  // Weak: whoever waits may leave. Those that wait for a translation, and all with a deadline.
  std::vector<std::weak_ptr<Waiting>> untranslated_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Waiting>> waits_ ABSL_GUARDED_BY(mutex_);
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace sluice::pushapi
