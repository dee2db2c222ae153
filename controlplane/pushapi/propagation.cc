// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/propagation.h"

#include <algorithm>
#include <utility>

#include "controlplane/pushapi/waiting.h"

namespace sluice::pushapi {

Propagation::Propagation(const xdsserver::SnapshotCache& cache, xdsserver::Fleet& fleet,
                         xdsserver::Clock clock)
    : cache_(cache), fleet_(fleet), clock_(std::move(clock)), thread_([this] { Run(); }) {}

Propagation::~Propagation() {
  std::vector<std::weak_ptr<Waiting>> waits;
  {
    absl::MutexLock lock(&mutex_);
    is_over_ = true;
    waits.swap(waits_);
    changed_.Signal();
  }
  thread_.join();
  for (const std::weak_ptr<Waiting>& wait : waits) {
    if (const auto waiting = wait.lock()) waiting->Expire();
  }
}

void Propagation::NoteApplied(registry::Revision revision, absl::Time since) {
  absl::MutexLock lock(&mutex_);
  // An apply that changed nothing names a revision that was there before: the first time counts.
  applied_.emplace(revision, since);
  if (applied_.size() > kMaxApplies) applied_.erase(applied_.begin());
}

void Propagation::OnTranslated(registry::Revision revision, Reach reach) {
  std::vector<std::pair<std::shared_ptr<Waiting>, Reach>> ready;
  {
    absl::MutexLock lock(&mutex_);
    translated_ = revision = std::max(translated_, revision);
    if (forgotten_ < 0) {
      forgotten_ = revision;
    } else {
      // Empty ones are kept too: that a change reached nobody is known by its entry.
      Reach& known = reaches_[revision];
      for (const auto& [gateway, sequence] : reach) known[gateway] = sequence;
    }
    while (reaches_.size() > kMaxReaches) {
      forgotten_ = reaches_.begin()->first;
      reaches_.erase(reaches_.begin());
    }
    std::erase_if(untranslated_, [&](const std::weak_ptr<Waiting>& wait) {
      std::shared_ptr<Waiting> waiting = wait.lock();
      if (waiting == nullptr) return true;
      if (waiting->revision() > revision) return false;
      ready.emplace_back(std::move(waiting), Reach());
      return true;
    });
    for (auto& [waiting, wanted] : ready) wanted = ReachOfLocked(waiting->changes());
  }
  for (const auto& [waiting, wanted] : ready) waiting->Ask(wanted);
}

std::shared_ptr<Propagation::Waiting> Propagation::Wait(registry::Revision revision,
                                                        std::vector<registry::Revision> changes,
                                                        absl::Duration timeout, Done done) {
  if (timeout <= absl::ZeroDuration()) timeout = kDefaultTimeout;
  // They are walked under the lock. What was before everything is remembered by nobody.
  if (changes.size() > kMaxChanges) changes = {0};
  const absl::Time now = clock_();
  std::shared_ptr<Waiting> waiting;
  Reach reach;
  {
    absl::MutexLock lock(&mutex_);
    if (revision > 0 && changes.empty()) changes.push_back(revision);
    if (revision <= 0) revision = translated_;
    const auto applied = applied_.find(revision);
    waiting = std::make_shared<Waiting>(fleet_, revision, std::move(changes),
                                        applied == applied_.end() ? now : applied->second,
                                        now + std::min(timeout, kMaxTimeout), std::move(done));
    std::erase_if(waits_, [](const std::weak_ptr<Waiting>& wait) { return wait.expired(); });
    waits_.push_back(waiting);
    changed_.Signal();
    if (revision > translated_) {
      // Those that have left keep their memory for as long as they stand here.
      std::erase_if(untranslated_,
                    [](const std::weak_ptr<Waiting>& wait) { return wait.expired(); });
      untranslated_.push_back(waiting);
      return waiting;
    }
    reach = ReachOfLocked(waiting->changes());
  }
  waiting->Ask(reach);
  return waiting;
}

Propagation::Reach Propagation::ReachOfLocked(
    const std::vector<registry::Revision>& changes) const {
  if (changes.empty()) return EveryGateway();
  Reach reach;
  for (const registry::Revision change : changes) {
    if (change <= forgotten_) return EveryGateway();
    const auto it = reaches_.lower_bound(change);
    if (it == reaches_.end()) continue;
    for (const auto& [gateway, sequence] : it->second) {
      reach[gateway] = std::max(reach[gateway], sequence);
    }
  }
  // Proxies of a Gateway that is gone since keep what they have, and answer nothing any more.
  std::erase_if(reach, [this](const auto& entry) { return cache_.Find(entry.first) == nullptr; });
  return reach;
}

Propagation::Reach Propagation::EveryGateway() const {
  Reach reach;
  for (const auto& snapshot : cache_.List()) reach[snapshot->group] = snapshot->sequence;
  return reach;
}

absl::Time Propagation::NextDeadlineLocked() const {
  absl::Time next = absl::InfiniteFuture();
  for (const std::weak_ptr<Waiting>& wait : waits_) {
    if (const auto waiting = wait.lock()) next = std::min(next, waiting->deadline());
  }
  return next;
}

void Propagation::Run() {
  for (;;) {
    std::vector<std::shared_ptr<Waiting>> due;
    {
      absl::MutexLock lock(&mutex_);
      if (is_over_) return;
      changed_.WaitWithDeadline(&mutex_, NextDeadlineLocked());
      if (is_over_) return;
      const absl::Time now = clock_();
      std::erase_if(waits_, [&](const std::weak_ptr<Waiting>& wait) {
        std::shared_ptr<Waiting> waiting = wait.lock();
        if (waiting == nullptr) return true;
        if (waiting->deadline() > now) return false;
        due.push_back(std::move(waiting));
        return true;
      });
    }
    for (const std::shared_ptr<Waiting>& waiting : due) waiting->Expire();
  }
}

}  // namespace sluice::pushapi
