// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/any_invocable.h"
#include "dataplane/event/loop.h"
#include "dataplane/xdsclient/ads_transport.h"
#include "dataplane/xdsclient/reference_index.h"
#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"

namespace sluice::xdsclient {

// An AdsClient keeps one discovery stream to a control plane: subscribes, acknowledges or refuses,
// reconnects. Delta or state-of-the-world; the sink sees the same either way. The stream carries
// every type (ADS), or one alone if its server is a type's own: the protocol is the same.
//
// What it keeps to (xDS protocol): exactly one ACK or NACK for each response; good resources of a
// response are taken and the bad ones named in the NACK; an ACK carries no change of subscription;
// on a new stream each type's first request tells the versions it has. Besides, whenever the fields
// that have no effect here are others than before, the next answer carries the node once more, with
// their names in metadata["sluice.unsupported_fields"], for the control plane to show.
//
// Losing the server changes nothing: it reconnects with full jitter between nothing and a bound
// that doubles from kFirstBackoffMs to kMaxBackoffMs, and starts anew after the first response that
// can be read.
//
// Thread:   main.
// Lifetime: loop and sink outlive it.
class AdsClient final : private AdsTransportUser {
 public:
  static constexpr int64_t kFirstBackoffMs = 500;
  static constexpr int64_t kMaxBackoffMs = 30'000;

  struct Options {
    bool delta = true;
    envoy::config::core::v3::Node node;
    // Of the types that are asked for whole, those that this stream serves.
    std::set<ResourceType> whole = {ResourceType::kCluster, ResourceType::kListener};
  };

  // Name to version. Of consumers there may be a hundred thousand: not a node for each.
  using Versions = absl::btree_map<std::string, std::string>;

  // What admin shows.
  struct State {
    bool connected = false;   // A response that can be read has come on this stream.
    uint64_t streams = 0;     // Opened since the start.
    uint64_t responses = 0;   // Those that cannot be read too.
    uint64_t rejections = 0;  // NACKs sent.
    std::string last_error;   // Of the last stream that closed, or the last NACK.
  };

  AdsClient(event::Loop& loop, Options options, AdsTransportFactory factory, ResourceSink& sink,
            std::function<uint64_t()> random);
  ~AdsClient();

  // What is already there (from disk), so that only what differs is sent again. Before Start.
  void SetKnownVersions(ResourceType type, std::map<std::string, std::string> versions);

  void Start();

  // What is wanted of a type that is asked for by name: all of it, or what changed. Does nothing if
  // it is the same.
  void SetInterest(ResourceType type, const std::set<std::string>& names);
  void ChangeInterest(ResourceType type, const InterestChange& change);

  const State& state() const { return state_; }
  // Of what was accepted: name to version.
  const Versions& versions(ResourceType type) const {
    return types_[static_cast<size_t>(type)].versions;
  }

 private:
  struct TypeState {
    std::set<std::string> interest;
    Versions versions;    // Accepted.
    bool begun = false;   // A request of this type is on this stream.
    std::string nonce;    // Of the last response (state of the world).
    std::string version;  // Of the last accepted one (same).
  };

  void OnResponse(std::string_view message) override;
  void OnStreamClosed(std::string_view reason) override;

  void Connect();
  void Begin(ResourceType type);
  void Subscribe(ResourceType type, const InterestChange& change);
  void OnDelta(const envoy::service::discovery::v3::DeltaDiscoveryResponse& response);
  void OnSotw(const envoy::service::discovery::v3::DiscoveryResponse& response);
  // Gives a response to the sink. Returns what is wrong with it, for the NACK; empty for an ACK.
  std::string Take(ResourceType type, std::vector<Received> received,
                   std::vector<std::string> removed);
  // Runs `answer` when what was taken is served, if the stream is still the same.
  void WhenServed(absl::AnyInvocable<void()> answer);
  void AnswerDelta(ResourceType type, const std::string& nonce, const std::string& problem);
  void SendSotw(ResourceType type, const std::string& problem);
  // Sets the node of a request where it is due: first on a stream, and when the fields without
  // effect are others than it was told.
  template <typename Request>
  void MaybeSetNode(Request& request);
  // Whether a resource of that name was asked for.
  bool Asked(ResourceType type, const std::string& name) const;
  TypeState& At(ResourceType type) { return types_[static_cast<size_t>(type)]; }

  event::Loop& loop_;
  const Options options_;
  const AdsTransportFactory factory_;
  ResourceSink& sink_;
  const std::function<uint64_t()> random_;
  std::unique_ptr<AdsTransport> transport_;
  std::unique_ptr<AdsTransport> closed_;  // Dies at the next connect, not inside its own call.
  event::MemberTimer<AdsClient, &AdsClient::Connect> reconnect_{loop_, *this};
  int64_t backoff_ms_ = kFirstBackoffMs;
  bool node_sent_ = false;
  std::vector<std::string> fields_sent_;  // On this stream.
  TypeState types_[kResourceTypes];
  State state_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::xdsclient
