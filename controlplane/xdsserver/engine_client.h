// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/server.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "controlplane/xdsserver/stream_port.h"
#include "envoy/service/discovery/v3/discovery.pb.h"

namespace sluice::xdsserver {

using Names = std::vector<std::string>;
using DeltaRequest = envoy::service::discovery::v3::DeltaDiscoveryRequest;
using DeltaResponse = envoy::service::discovery::v3::DeltaDiscoveryResponse;
using SotwRequest = envoy::service::discovery::v3::DiscoveryRequest;
using SotwResponse = envoy::service::discovery::v3::DiscoveryResponse;

// Engine is a whole server without a network, under a clock that the test turns.
struct Engine {
  explicit Engine(StreamLimits limits = {}, size_t max_streams = 100)
      : server(cache, fleet, [this] { return now; }, limits, max_streams) {}

  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  SnapshotCache cache{[this] { return now; }};
  Fleet fleet{[this] { return now; }};
  DiscoveryServer server;
};

// The credential of one Gateway's proxies.
Peer PeerOf(std::string group);

// EngineClient speaks to an Engine with the generated messages, as a peer's code would.
//
// A call that expects a response and gets none returns nothing; one that meets the end of the
// stream returns nothing and keeps the status in finish().
class EngineClient {
 public:
  EngineClient(Engine& engine, Peer peer, StreamShape shape);

  // The node of the first message. Default: proxy-1 of the peer's only Gateway.
  void SetNode(std::string id, std::string cluster);

  // Sends as it is, but for the node, which rides on the first message.
  void Send(DeltaRequest request);
  void Send(SotwRequest request);
  void SendBytes(std::string_view bytes);

  // What a proxy does most.
  void Subscribe(std::string_view type_url, const Names& add, const Names& drop = {});
  void Ask(std::string_view type_url, const Names& names);  // state of the world
  void Ack(const DeltaResponse& response);
  void Nack(const DeltaResponse& response, std::string error);
  void Ack(const SotwResponse& response, const Names& names);
  void Nack(const SotwResponse& response, const Names& names, std::string last_good,
            std::string error);

  std::optional<DeltaResponse> PullDelta();
  std::optional<SotwResponse> PullSotw();
  // Pulls what ends the stream; or nothing.
  std::optional<Outbound> PullFinish();
  // Pulls and acknowledges until nothing comes; the responses in order.
  std::vector<DeltaResponse> DrainDelta();

  [[nodiscard]] int wakes() const;
  [[nodiscard]] const std::shared_ptr<DiscoveryStream>& stream() const { return stream_; }

 private:
  class CountingSink;
  std::optional<std::string> PullBytes();

  std::shared_ptr<CountingSink> sink_;
  std::shared_ptr<DiscoveryStream> stream_;
  std::string node_id_ = "proxy-1";
  std::string node_cluster_;
  bool is_first_ = true;
};

// The names in a response, sorted.
Names NamesOf(const DeltaResponse& response);
Names RemovedOf(const DeltaResponse& response);
// The values in a response: tests give each resource its own value.
Names ValuesOf(const SotwResponse& response);
Names ValuesOf(const DeltaResponse& response);

}  // namespace sluice::xdsserver
