// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/delivery.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace sluice::registry {
namespace {

constexpr absl::Duration kRetryDelay = absl::Seconds(1);

SourceProblems TroubleOf(const std::string& source, const absl::Status& status) {
  manifest::Problem problem;
  problem.origin.file = source;
  problem.reason = absl::StrCat("the registry cannot be read: ", status.message());
  return SourceProblems{source, {std::move(problem)}};
}

}  // namespace

class Delivery::Handle : public Subscription {
 public:
  Handle(Delivery& delivery, uint64_t id) : delivery_(delivery), id_(id) {}
  ~Handle() override { delivery_.Remove(id_); }

 private:
  Delivery& delivery_;
  const uint64_t id_;
};

Delivery::Delivery(std::string source, ChangesSince changes_since)
    : source_(std::move(source)),
      changes_since_(std::move(changes_since)),
      thread_([this] { Run(); }) {}

Delivery::~Delivery() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

std::unique_ptr<Subscription> Delivery::Add(Revision from, WatchCallback callback) {
  auto watcher = std::make_shared<Watcher>();
  watcher->seen = from;
  watcher->callback = std::move(callback);
  absl::MutexLock lock(&mutex_);
  watcher->id = next_id_++;
  watchers_.emplace(watcher->id, watcher);
  news_ = true;
  return std::make_unique<Handle>(*this, watcher->id);
}

void Delivery::Wake() {
  absl::MutexLock lock(&mutex_);
  news_ = true;
}

void Delivery::Remove(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(id);
  if (std::this_thread::get_id() == thread_.get_id()) return;  // Called by a callback: no wait.
  auto is_idle = [this, id]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_id_ != id; };
  mutex_.Await(absl::Condition(&is_idle));
}

bool Delivery::AwaitNews(bool retry_soon, std::vector<std::shared_ptr<Watcher>>& round) {
  absl::MutexLock lock(&mutex_);
  auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return news_ || stopping_; };
  mutex_.AwaitWithTimeout(absl::Condition(&has_work),
                          retry_soon ? kRetryDelay : absl::InfiniteDuration());
  if (stopping_) return false;
  news_ = false;
  for (const auto& [id, watcher] : watchers_) round.push_back(watcher);
  return true;
}

bool Delivery::BeginServing(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  if (stopping_ || !watchers_.contains(id)) return false;
  running_id_ = id;
  return true;
}

void Delivery::EndServing() {
  absl::MutexLock lock(&mutex_);
  running_id_ = 0;
}

void Delivery::Run() {
  bool retry_soon = false;
  while (true) {
    std::vector<std::shared_ptr<Watcher>> round;
    if (!AwaitNews(retry_soon, round)) return;
    retry_soon = false;
    for (const std::shared_ptr<Watcher>& watcher : round) {
      if (!BeginServing(watcher->id)) continue;
      if (!Serve(*watcher)) retry_soon = true;
      EndServing();
    }
  }
}

bool Delivery::Serve(Watcher& watcher) {
  absl::StatusOr<ChangeBatch> batch = changes_since_(watcher.seen);
  if (!batch.ok()) {
    if (!watcher.in_trouble) {
      watcher.in_trouble = true;
      watcher.callback({watcher.seen, false, {TroubleOf(source_, batch.status())}});
    }
    return false;
  }
  const bool is_level = watcher.started && batch->revision == watcher.seen;
  if (is_level) {
    batch->resync = false;
    batch->changes.clear();
  }
  if (watcher.in_trouble) batch->changes.push_back(SourceProblems{source_, {}});
  watcher.started = true;
  watcher.in_trouble = false;
  watcher.seen = batch->revision;
  if (batch->resync || !batch->changes.empty()) watcher.callback(*batch);
  return true;
}

}  // namespace sluice::registry
