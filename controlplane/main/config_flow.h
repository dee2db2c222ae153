// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "api/manifest/origin.h"
#include "controlplane/pushapi/propagation.h"
#include "controlplane/resolve/key_pair_check.h"
#include "controlplane/resolve/verdict.h"
#include "controlplane/status/board.h"
#include "controlplane/status/keeper.h"
#include "controlplane/store/store.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "controlplane/xdsserver/snapshot_cache.h"

namespace sluice::control {

// ConfigFlow is the way from the store to the snapshot cache: each update goes through the
// pipeline, its snapshots into the cache, its verdicts onto the board, and then whoever waits is
// told.
//
// Thread:   OnUpdate on the store's; FindCause on any.
// Lifetime: what it is given outlives it.
// Errors:   none; what is wrong with objects is in their verdicts, and with sources in the log.
// Limits:   none of its own.
class ConfigFlow {
 public:
  ConfigFlow(xdsserver::SnapshotCache& cache, status::Board& board, status::Keeper& keeper,
             pushapi::Propagation& propagation, resolve::KeyPairCheck check,
             xdsserver::Clock clock);

  // For Store::Subscribe.
  void OnUpdate(const store::Update& update);

  // The object and field that a resource came from; see pushapi::FindCause.
  [[nodiscard]] std::optional<manifest::Problem> FindCause(std::string_view gateway,
                                                           std::string_view type_url,
                                                           std::string_view resource,
                                                           std::string_view error) const;

 private:
  // Returns the Gateways whose snapshots it replaced.
  pushapi::Propagation::Reach Publish(const translate::Output& output);

  xdsserver::SnapshotCache& cache_;
  status::Board& board_;
  status::Keeper& keeper_;
  pushapi::Propagation& propagation_;
  const xdsserver::Clock clock_;

  // The store's thread's own.
  translate::Pipeline pipeline_;
  uint64_t sequence_ = 0;  // The highest that the cache has given out.

  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const translate::GatewayOutput>, std::less<>> gateways_
      ABSL_GUARDED_BY(mutex_);
};

// What all objects would mean together, from nothing; see pushapi::Judge.
resolve::Verdicts JudgeAll(std::shared_ptr<const store::ObjectSet> objects,
                           resolve::KeyPairCheck check);

}  // namespace sluice::control
