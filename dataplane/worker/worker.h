// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/crypto/password_threads.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/cluster_side_calls.h"
#include "dataplane/exchange/http_runtime.h"
#include "dataplane/exchange/worker_filters.h"
#include "dataplane/listener/active_listener.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::worker {

// What one publish gives each worker.
struct Update {
  std::shared_ptr<const config::Snapshot> snapshot;
  // By listener name: the sockets of its addresses, bound for all workers.
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<const listener::ListenSockets>>>
      sockets;
};

// A Worker is one thread of the data plane: its loop, listeners, exchanges, clusters and counts.
// Workers share nothing that changes; they are handed snapshots.
//
// Thread:   made, started, stopped and joined on the main thread; everything else happens on its
//           own. Publish, Drain and VisitClusters may be called from the main thread at any time.
// Lifetime: `log_files` outlives it; `passwords` and `limits` live until it has stopped. The latter
// is
//           the one thing that workers share while they serve.
class Worker {
 public:
  Worker(uint32_t index, uint32_t workers, telemetry::LogFiles& log_files,
         crypto::PasswordThreads& passwords, limits::LimitTable& limits);
  ~Worker();

  void Start();

  // Serves by `update` from the next turn of the worker's loop on; while it drains, for upstreams
  // alone. `applied` (may be null) runs on the worker once it does.
  void Publish(std::shared_ptr<const Update> update, std::function<void()> applied);

  // Stops accepting; lets what is open finish for at most `limit_ms`, then closes the rest. Once.
  // `done` runs on the worker's thread.
  void Drain(int64_t limit_ms, std::function<void()> done);

  // Runs `visit` on the worker's thread for each cluster that it knows, then `done`.
  void VisitClusters(std::function<void(const upstream::Cluster&)> visit,
                     std::function<void()> done);

  // Ends the thread. What is still open is closed.
  void StopAndJoin();

  const telemetry::StatsShard& stats() const { return stats_; }

 private:
  void Apply(const Update& update);
  std::unique_ptr<listener::ChainHandler> MakeHandler(const config::Listener& listener,
                                                      const config::FilterChain& chain);
  std::shared_ptr<telemetry::AccessLogger> LoggerFor(
      const std::shared_ptr<const config::AccessLog>& config);
  void FlushLogs();
  void CheckDrained();
  void CloseEverything();

  // Brings what password threads find out back to the worker.
  class Passwords final : public filters::PasswordChecker {
   public:
    Passwords(crypto::PasswordThreads& threads, event::Loop& loop)
        : threads_(threads), loop_(loop) {}
    bool TryCheck(std::string hash, std::string password,
                  absl::AnyInvocable<void(bool good)> done) override;

   private:
    crypto::PasswordThreads& threads_;
    event::Loop& loop_;
  };

  const uint32_t index_;
  const uint32_t workers_;
  telemetry::LogFiles& log_files_;
  telemetry::StatsShard stats_;
  event::Loop loop_;
  exchange::Random random_;
  upstream::ClusterSet clusters_;
  exchange::ClusterSideCalls side_calls_{loop_, clusters_, random_};
  Passwords passwords_;
  exchange::WorkerFilters filters_;
  const exchange::Services services_;

  absl::flat_hash_map<std::string, std::unique_ptr<exchange::ListenerMetrics>> metrics_;
  absl::flat_hash_map<const config::AccessLog*, std::weak_ptr<telemetry::AccessLogger>> loggers_;
  absl::flat_hash_map<std::string, std::unique_ptr<listener::ActiveListener>> listeners_;
  std::vector<std::unique_ptr<listener::ActiveListener>> retired_;  // Draining.

  event::MemberTimer<Worker, &Worker::FlushLogs> flush_timer_{loop_, *this};
  event::MemberTimer<Worker, &Worker::CheckDrained> drain_timer_{loop_, *this};
  bool draining_ = false;
  int64_t drain_until_ms_ = 0;
  std::function<void()> drained_;
  std::thread thread_;
};

}  // namespace sluice::worker
