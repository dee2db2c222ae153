// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/keeper.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/status/status.h"
#include "api/manifest/writer.h"
#include "controlplane/status/compose.h"

namespace sluice::status {

Keeper::Keeper(registry::Registry& registry, const store::Store& store, const Board& board)
    : registry_(registry), store_(store), board_(board), thread_([this] { Run(); }) {}

Keeper::~Keeper() {
  {
    absl::MutexLock lock(&mutex_);
    is_over_ = true;
    changed_.Signal();
  }
  thread_.join();
}

std::map<manifest::ObjectKey, ConditionTimes> Keeper::Recall(registry::Registry& registry) {
  std::map<manifest::ObjectKey, ConditionTimes> times;
  const auto statuses = registry.ListStatus();
  if (!statuses.ok()) {
    LOG(WARNING) << "the times of conditions start anew: " << statuses.status().message();
    return times;
  }
  for (const registry::StatusWrite& status : *statuses) {
    times[status.key] = ConditionTimes::FromStatusJson(status.json);
  }
  return times;
}

void Keeper::Note(const std::vector<manifest::ObjectKey>& keys) {
  if (keys.empty()) return;
  absl::MutexLock lock(&mutex_);
  due_.insert(keys.begin(), keys.end());
  changed_.Signal();
}

std::vector<manifest::ObjectKey> Keeper::TakeLocked() {
  std::vector<manifest::ObjectKey> keys;
  while (!due_.empty() && keys.size() < kMaxBatch) {
    keys.push_back(std::move(due_.extract(due_.begin()).value()));
  }
  return keys;
}

void Keeper::Run() {
  for (;;) {
    std::vector<manifest::ObjectKey> keys;
    {
      absl::MutexLock lock(&mutex_);
      while (due_.empty() && !is_over_) changed_.Wait(&mutex_);
      if (due_.empty()) return;
      // More is likely to come, and an object that changes twice is written once.
      const absl::Time until = absl::Now() + kPause;
      while (!is_over_ && due_.size() < kMaxBatch && !changed_.WaitWithDeadline(&mutex_, until)) {
      }
      keys = TakeLocked();
    }
    Write(keys);
  }
}

void Keeper::Write(const std::vector<manifest::ObjectKey>& keys) {
  const std::shared_ptr<const store::ObjectSet> objects = store_.Current();
  if (objects == nullptr) return;
  std::vector<registry::StatusWrite> writes;
  for (const manifest::ObjectKey& key : keys) {
    const store::StoredObject* stored = objects->Find(key);
    const std::optional<BoardEntry> entry = board_.Find(key);
    if (stored == nullptr || !entry.has_value()) continue;
    const std::shared_ptr<google::protobuf::Message> body(stored->object->body->New());
    body->CopyFrom(*stored->object->body);
    ComposeStatus(key, *entry, /*liveness=*/nullptr, body.get());
    const auto* field = body->GetDescriptor()->FindFieldByName("status");
    if (field == nullptr) continue;
    writes.push_back(
        {key, manifest::MessageToJson(body->GetReflection()->GetMessage(*body, field))});
  }
  if (writes.empty()) return;
  absl::Status status = registry_.WriteStatus(writes);
  if (absl::IsInvalidArgument(status) && writes.size() > 1) {
    // One that is too long would take the others of its batch with it.
    status = absl::OkStatus();
    for (const registry::StatusWrite& write : writes) {
      status.Update(registry_.WriteStatus({write}));
    }
  }
  if (!status.ok()) {
    LOG_EVERY_N_SEC(WARNING, 60) << "statuses are not kept: " << status.message();
  }
}

}  // namespace sluice::status
