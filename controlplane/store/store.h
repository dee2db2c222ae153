// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "api/manifest/manifest.h"
#include "controlplane/registry/change.h"
#include "controlplane/store/intake.h"
#include "controlplane/store/object_set.h"

namespace sluice::store {

// What a subscriber is told: the set it knew, the set that is, and what differs.
struct Update {
  std::shared_ptr<const ObjectSet> before;  // An empty set at first.
  std::shared_ptr<const ObjectSet> after;
  Delta delta;  // May be empty: a new revision that left the same objects.
};
using UpdateCallback = std::function<void(const Update&)>;

// The store turns the registry's changes into snapshots of typed objects. Each object is read and
// validated alone, here; one that is not valid keeps its last good version, with a problem.
//
// It does not write, and does not ask what objects mean to each other.
//
// Thread:   OnChanges from one thread (a registry's); Current and Subscribe from any. Callbacks run
//           one at a time, on the thread of OnChanges or of Subscribe, with no lock held. They may
//           call Current and Subscribe. A subscriber that was busy gets several changes in one
//           update; nothing is queued.
// Lifetime: outlives its subscriptions, and the watch that feeds it must end before it does.
// Errors:   in the snapshot's problems().
// Limits:   the registry's; one snapshot per subscriber is kept besides the current one.
class Store {
 public:
  explicit Store(manifest::ParseOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // For Registry::Watch(0, ...). What comes before the first resync (that the registry cannot be
  // read) is logged, and goes no further.
  void OnChanges(const registry::ChangeBatch& batch);

  // Null until the registry has been read for the first time: an empty answer then would take
  // everything down.
  std::shared_ptr<const ObjectSet> Current() const;

  // Ends the subscription when it dies; waits for a callback that is running, unless it is on the
  // same thread.
  class Subscription;
  // The first update holds everything; it comes before Subscribe returns or soon after, but not
  // before the registry has been read.
  [[nodiscard]] std::unique_ptr<Subscription> Subscribe(UpdateCallback callback);

 private:
  struct Subscriber {
    std::shared_ptr<const ObjectSet> seen;
    UpdateCallback callback;
  };

  void Deliver();
  // The next subscriber that does not know `current_`, in turn; null if there is none, and then
  // delivery has ended.
  std::shared_ptr<Subscriber> BeginDelivery(Update& update);
  void EndDelivery();
  void Unsubscribe(uint64_t id);

  // OnChanges' own.
  Intake intake_;
  bool is_read_ = false;  // There has been a resync.

  mutable absl::Mutex mutex_;
  std::shared_ptr<const ObjectSet> current_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::shared_ptr<Subscriber>> subscribers_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t running_id_ ABSL_GUARDED_BY(mutex_) = 0;  // Whose callback runs; 0: none.
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;     // Who had the last turn.
  std::thread::id running_thread_ ABSL_GUARDED_BY(mutex_);
};

class Store::Subscription {
 public:
  ~Subscription() { store_.Unsubscribe(id_); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  friend class Store;
  Subscription(Store& store, uint64_t id) : store_(store), id_(id) {}

  Store& store_;
  const uint64_t id_;
};

}  // namespace sluice::store
