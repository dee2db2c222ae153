// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "dataplane/config/cluster.h"
#include "dataplane/telemetry/stats.h"

namespace sluice::admin {

// How far the process is. Only a live one asks for traffic.
enum class ServerState : uint8_t { kPreInitializing, kInitializing, kLive, kDraining };

struct ServerInfo {
  std::string version;
  std::string node_id;
  std::string node_cluster;
  std::string content_hash;  // Of the configuration that is served.
  uint64_t snapshot_sequence = 0;
  uint32_t concurrency = 0;
  int64_t uptime_seconds = 0;
};

// One endpoint, summed over the workers.
struct EndpointView {
  std::string address;  // "ip:port", "[ip]:port".
  std::string hostname;
  config::Health health = config::Health::kHealthy;
  uint32_t weight = 1;
  uint64_t active_requests = 0;
  uint64_t connections = 0;
  uint64_t requests_total = 0;
  uint64_t connect_failures = 0;
  uint64_t errors_5xx = 0;
};

struct ClusterView {
  std::string name;
  config::CircuitBreaker circuit_breaker;
  std::vector<EndpointView> endpoints;  // In order of address.
};

struct ListenerView {
  std::string name;
  std::vector<std::string> addresses;  // "ip:port", as bound.
};

// One resource as it was received, or as it stands in the bootstrap file.
struct ConfigItem {
  enum class Kind : uint8_t {
    kBootstrap,
    kCluster,
    kListener,
    kRoute,
    kSecret,
    kEndpoints,
    kConsumer
  };
  Kind kind = Kind::kCluster;
  bool dynamic = true;  // By xDS; else from the bootstrap file.
  std::string name;
  std::string version;
  int64_t updated_wall_ns = 0;
  // The message in protobuf's JSON form with proto field names, a resource with its "@type"; empty
  // if none was ever accepted. It may hold secrets: the admin redacts it.
  std::string json;
  // Why the last version that was offered is not served; empty if it is.
  std::string rejected_because;
  std::string rejected_version;
};

// A field of the configuration that was accepted and has no effect.
struct UnsupportedField {
  std::string resource;  // Type and name: "cluster \"shop\"".
  std::string path;      // "common_lb_config.zone_aware_lb_config"
  uint64_t count = 0;    // Places in the resource that set it.
};

// What the admin shows and does: all that it knows of the process.
//
// Thread:   main; ForClusters' callback too.
// Lifetime: outlives the admin.
class AdminSource {
 public:
  virtual ServerState state() const = 0;
  virtual ServerInfo Info() const = 0;
  // The shards of all threads; they live as long as the source.
  virtual std::vector<const telemetry::StatsShard*> Stats() const = 0;
  virtual std::vector<ListenerView> Listeners() const = 0;
  virtual std::vector<UnsupportedField> UnsupportedFields() const = 0;

  // Calls `visit` on every item, those of one kind together.
  virtual void VisitConfig(absl::AnyInvocable<void(const ConfigItem&)> visit) const = 0;

  // Asks the workers; `done` follows once all have answered, in order of name. It may never come if
  // the process ends.
  virtual void ForClusters(absl::AnyInvocable<void(std::vector<ClusterView>)> done) = 0;

  // Each may be called again, at any time. Drain does not end the process; Quit does, at once and
  // without draining.
  virtual void Drain() = 0;
  virtual void ReopenLogs() = 0;
  virtual void Quit() = 0;

 protected:
  ~AdminSource() = default;
};

}  // namespace sluice::admin
