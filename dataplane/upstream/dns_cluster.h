// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/config/cluster.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dice.h"
#include "dataplane/upstream/dns_resolver.h"

namespace sluice::upstream {

// A DnsCluster keeps the endpoints of one STRICT_DNS or LOGICAL_DNS cluster up to date: each name
// is looked up again when its time has come, and a change makes a new EndpointSet for whoever
// publishes snapshots.
//
// STRICT_DNS: every address of every name is an endpoint. LOGICAL_DNS: one address of the first
// name, kept for as long as it is among the answers, so that connections are not moved for nothing.
// An address that is an IP already is not looked up.
//
// When nobody can say, the last good answer serves on and the name is asked again with growing,
// jittered delays. That there is no such name is an answer.
//
// Thread:   main; its loop's.
// Lifetime: loop and resolver outlive it.
class DnsCluster {
 public:
  using OnEndpoints = std::function<void(std::shared_ptr<const config::EndpointSet>)>;

  // Looks everything up at once. `on_endpoints` is called for the first time when each name has
  // been answered or has failed once, then at every change; never from inside the constructor.
  DnsCluster(event::Loop& loop, DnsResolver& resolver,
             std::shared_ptr<const config::Cluster> cluster, OnEndpoints on_endpoints);
  ~DnsCluster();

  // Null before the first call of `on_endpoints`.
  const std::shared_ptr<const config::EndpointSet>& endpoints() const { return endpoints_; }

  // The last failure of a name that failed last time, for admin; OK if there is none.
  absl::Status status() const;

 private:
  // One name with what it resolved to.
  struct Name {
    std::string name;
    bool literal = false;
    bool asked = false;  // Answered, or failed, at least once.
    std::vector<std::string> addresses;
    absl::Status status;
    uint32_t failures = 0;
    std::unique_ptr<DnsResolver::Query> query;
    std::unique_ptr<event::FunctionTimer> timer;
  };
  // Tells of changes once a turn, however many names changed.
  class Teller final : public event::TurnEnd {
   public:
    explicit Teller(DnsCluster& cluster) : cluster_(cluster) {}
    void OnTurnEnd() override { cluster_.MaybePublish(); }

   private:
    DnsCluster& cluster_;
  };

  void AddName(const std::string& name);
  void Ask(Name& name);
  void OnAnswer(Name& name, DnsAnswer answer);
  int64_t DelayMs(const Name& name, int64_t ttl_s);
  void MaybePublish();
  config::EndpointSet Build() const;
  const Name& Find(const std::string& name) const;
  bool logical() const { return cluster_->discovery == config::Cluster::Discovery::kLogicalDns; }

  event::Loop& loop_;
  DnsResolver& resolver_;
  const std::shared_ptr<const config::Cluster> cluster_;
  const OnEndpoints on_endpoints_;
  Dice dice_;
  std::vector<std::unique_ptr<Name>> names_;
  std::shared_ptr<const config::EndpointSet> endpoints_;
  Teller teller_;
};

}  // namespace sluice::upstream
