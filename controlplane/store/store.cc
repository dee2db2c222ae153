// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/store.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/memory/memory.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/store/intake.h"

namespace sluice::store {

Store::Store(manifest::ParseOptions options) : intake_(std::move(options)) {}

Store::~Store() = default;

void Store::OnChanges(const registry::ChangeBatch& batch) {
  std::shared_ptr<const ObjectSet> next = intake_.Take(batch);
  is_read_ = is_read_ || batch.resync;
  if (!is_read_) {
    // A backend in trouble says so before it has said what it holds. To publish now would be to say
    // that it holds nothing.
    for (const auto& [source, problems] : next->problems().by_source) {
      for (const auto& problem : problems) LOG(WARNING) << problem.ToString();
    }
    return;
  }
  {
    absl::MutexLock lock(&mutex_);
    current_.swap(next);
  }
  Deliver();  // The set before may die with `next`, which is a long work: not under the lock.
}

std::shared_ptr<const ObjectSet> Store::Current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

std::unique_ptr<Store::Subscription> Store::Subscribe(UpdateCallback callback) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->callback = std::move(callback);
  std::unique_ptr<Subscription> subscription;
  {
    absl::MutexLock lock(&mutex_);
    const uint64_t id = next_id_++;
    subscribers_.emplace(id, std::move(subscriber));
    subscription = absl::WrapUnique(new Subscription(*this, id));
  }
  Deliver();
  return subscription;
}

void Store::Unsubscribe(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  subscribers_.erase(id);
  if (running_thread_ == std::this_thread::get_id()) return;  // From within a callback: no wait.
  auto is_idle = [this, id]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_id_ != id; };
  mutex_.Await(absl::Condition(&is_idle));
}

// Whoever comes while another thread delivers leaves it to that one, which looks for stale
// subscribers until there are none: so callbacks never run side by side, and none is forgotten.
void Store::Deliver() {
  {
    absl::MutexLock lock(&mutex_);
    if (delivering_) return;
    delivering_ = true;
  }
  Update update;
  while (const std::shared_ptr<Subscriber> subscriber = BeginDelivery(update)) {
    update.delta = DiffOf(*update.before, *update.after);
    subscriber->callback(update);
    EndDelivery();
    update = Update();  // Here, because the next one is written under the lock.
  }
}

std::shared_ptr<Store::Subscriber> Store::BeginDelivery(Update& update) {
  absl::MutexLock lock(&mutex_);
  auto it = subscribers_.upper_bound(last_id_);
  for (size_t i = 0; i < subscribers_.size(); ++i, ++it) {
    if (it == subscribers_.end()) it = subscribers_.begin();
    Subscriber& subscriber = *it->second;
    if (subscriber.seen == current_) continue;
    update.before = subscriber.seen == nullptr ? std::make_shared<const ObjectSet>()
                                               : std::move(subscriber.seen);
    update.after = current_;
    subscriber.seen = current_;
    running_id_ = last_id_ = it->first;
    running_thread_ = std::this_thread::get_id();
    return it->second;
  }
  delivering_ = false;
  return nullptr;
}

void Store::EndDelivery() {
  absl::MutexLock lock(&mutex_);
  running_id_ = 0;
  running_thread_ = {};
}

}  // namespace sluice::store
