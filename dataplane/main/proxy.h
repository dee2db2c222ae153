// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "dataplane/admin/admin_server.h"
#include "dataplane/compile/context.h"
#include "dataplane/crypto/password_threads.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/limits/limit_table.h"
#include "dataplane/main/admin_view.h"
#include "dataplane/main/socket_table.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/cluster_set.h"
#include "dataplane/upstream/dns_resolver.h"
#include "dataplane/worker/worker.h"
#include "dataplane/xdsclient/config_store.h"
#include "dataplane/xdsclient/sources.h"
#include "dataplane/xdsclient/state_file.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace sluice {

// What flags and bootstrap come to.
struct ProxyOptions {
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  uint32_t concurrency = 1;
  bool reject_unknown_dynamic_fields = false;
  std::string control_token_file;
  std::string state_dir;  // Empty: nothing is kept.
  int64_t drain_time_ms = 30'000;
  std::string dns_servers;         // Empty: the machine's.
  std::string admin_listen;        // IP:PORT; empty: no admin.
  std::string admin_address_path;  // File to write its address to; empty: none.
  // Create checks all of the above and opens no port; the folder of `state_dir` is not touched. Not
  // for Run.
  bool validate_only = false;
};

// The Proxy is the main thread: it owns the sources of configuration, the configuration store, the
// listening sockets and the workers, and wires them.
//
//   Sources -> ConfigStore -> (SocketTable) -> Update -> every Worker
//
// Thread:   main.
// Errors:   Create says what of the bootstrap cannot be used.
class Proxy {
 public:
  enum class State : uint8_t { kInitializing, kLive, kDraining };

  static absl::StatusOr<std::unique_ptr<Proxy>> Create(ProxyOptions options);
  ~Proxy();

  // Serves until it has drained after SIGTERM, or is stopped (SIGINT, admin).
  void Run();

  // Takes no new connection, and lets what is under way finish, for at most drain_time_ms. The
  // admin is still answered.
  void Drain();
  void ReopenLogs();
  // Ends Run at once.
  void Quit() { loop_.Stop(); }

  State state() const { return state_; }
  event::Loop& loop() { return loop_; }
  const ProxyOptions& options() const { return options_; }
  const xdsclient::ConfigStore& config() const { return *store_; }
  const std::vector<std::unique_ptr<worker::Worker>>& workers() const { return workers_; }
  std::vector<const telemetry::StatsShard*> stats() const;
  // What the bootstrap asks for outside of its resources, and does not get.
  const std::vector<compile::Finding>& bootstrap_findings() const { return bootstrap_findings_; }
  // Where a served listener listens; ports that were 0 are the ones chosen.
  std::vector<event::Address> BoundAddresses(const config::Listener& listener) const {
    return sockets_.AddressesOf(listener);
  }

 private:
  explicit Proxy(ProxyOptions options);
  absl::Status Start();
  void MakeStore();
  absl::Status CheckBootstrap();
  absl::Status StartAdmin();
  void LoadState();
  void SaveState();
  void Publish(std::shared_ptr<const config::Snapshot> snapshot);
  void OnWorkerApplied(size_t worker, uint64_t update);
  // Runs `task` once every worker serves by the last update.
  void WhenServed(absl::AnyInvocable<void()> task);
  uint64_t served_update() const { return *std::min_element(applied_.begin(), applied_.end()); }
  void OnInitTimeout();
  void GoLive();
  // Drains, if nobody has asked for it yet, and then ends Run.
  void DrainAndEnd();
  void OnWorkerDrained();
  bool has_drained() const { return drained_workers_ == workers_.size(); }

  const ProxyOptions options_;
  event::Loop loop_;
  telemetry::StatsShard stats_;
  telemetry::LogFiles log_files_;
  exchange::Random random_;
  std::unique_ptr<upstream::DnsResolver> resolver_;
  SocketTable sockets_;
  upstream::ClusterSet clusters_;  // The main thread's own: discovery.
  limits::LimitTable limits_{base::Clock::System().MonotonicNs()};
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  // Ends before the workers do, whose loops it posts to.
  std::unique_ptr<crypto::PasswordThreads> passwords_;
  std::unique_ptr<xdsclient::ConfigStore> store_;
  std::unique_ptr<xdsclient::Sources> sources_;
  std::optional<xdsclient::StateFile> state_file_;
  // Numbers of updates: the last that was published, the last that each worker serves by, and what
  // waits for one.
  uint64_t published_ = 0;
  std::vector<uint64_t> applied_;
  std::deque<std::pair<uint64_t, absl::AnyInvocable<void()>>> unserved_;
  AdminView admin_view_{*this};
  std::unique_ptr<admin::AdminServer> admin_;
  std::vector<compile::Finding> bootstrap_findings_;
  event::MemberTimer<Proxy, &Proxy::SaveState> save_timer_{loop_, *this};
  event::MemberTimer<Proxy, &Proxy::OnInitTimeout> init_timer_{loop_, *this};
  State state_ = State::kInitializing;
  bool discovery_started_ = false;
  uint32_t drained_workers_ = 0;
  bool ends_when_drained_ = false;
  int64_t save_by_ms_ = 0;  // When the state is written at the latest; while save_timer_ is armed.
};

}  // namespace sluice
