// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/live_cluster.h"

#include <utility>

namespace sluice::upstream {

using http::ErrorKind;
using http::Retry;
using http::Side;

namespace {

// Those of a static cluster stand in its configuration; what DNS or EDS have not told yet is
// nothing.
const config::EndpointSet& EndpointsOf(const config::ClusterEntry& entry) {
  static const config::EndpointSet* const kNone = new config::EndpointSet;
  if (entry.endpoints != nullptr) return *entry.endpoints;
  const bool given = entry.cluster->discovery == config::Cluster::Discovery::kStatic;
  return given ? entry.cluster->endpoints : *kNone;
}

}  // namespace

ClusterSet::LiveCluster::LiveCluster(ClusterSet& set, config::ClusterEntry entry)
    : set_(set), entry_(std::move(entry)) {}

ClusterTraffic& ClusterSet::LiveCluster::Traffic() {
  if (traffic_ == nullptr) {
    // A retry on a cluster that had gone: the set must hold it while it has connections.
    if (standing_ == Standing::kLetGo) set_.Retire(Ref<LiveCluster>(this));
    traffic_ = std::make_unique<ClusterTraffic>(set_.loop_, set_.workers_, set_.stats_, set_.dice_,
                                                *entry_.cluster, [this] { MaybeIdle(); });
    traffic_->SetEndpoints(EndpointsOf(entry_));
    if (draining_) traffic_->Drain();
  }
  return *traffic_;
}

void ClusterSet::LiveCluster::Start(Attempt& attempt, const LbContext& context) {
  Hold(attempt);
  if (set_.draining_) {
    return Refuse(attempt, {.kind = ErrorKind::kDrained,
                            .side = Side::kOurselves,
                            .retry = Retry::kNever,
                            .detail = "shutting-down"});
  }
  ClusterTraffic& traffic = Traffic();
  Host* host = traffic.Choose(context);
  if (host == nullptr) {
    traffic.counters().no_healthy_host.Add();
    return Refuse(attempt, {.kind = ErrorKind::kNoHealthyHost,
                            .side = Side::kUpstream,
                            .retry = Retry::kSafe,
                            .detail = "no-healthy-upstream"});
  }
  host->pools()->Start(attempt, context);
}

bool ClusterSet::LiveCluster::TryStartRetry() {
  ClusterTraffic& traffic = Traffic();
  if (!traffic.limits().TryTakeRetry()) {
    traffic.counters().retry_overflow.Add();
    return false;
  }
  traffic.counters().retries.Add();
  return true;
}

void ClusterSet::LiveCluster::EndRetry() {
  traffic_->limits().GiveRetry();
  MaybeIdle();
}

void ClusterSet::LiveCluster::CountResponse(const Attempt& attempt, uint16_t status) {
  Traffic().counters().CountStatus(status);
  if (attempt.host() != nullptr && status >= 500) attempt.CountServerError();
}

std::vector<HostView> ClusterSet::LiveCluster::Hosts() const {
  std::vector<HostView> views;
  if (traffic_ == nullptr) {
    // Never used here: configuration is all there is to show.
    for (const config::Endpoint& endpoint : EndpointsOf(entry_).endpoints) {
      const Host host(endpoint);
      views.push_back({.address = host.address(),
                       .hostname = std::string(host.hostname()),
                       .health = host.health(),
                       .weight = host.weight()});
    }
    return views;
  }
  for (const Host* host : traffic_->in_order()) {
    const Host::Load& load = host->load();
    views.push_back({.address = host->address(),
                     .hostname = std::string(host->hostname()),
                     .health = host->health(),
                     .weight = host->weight(),
                     .active_requests = load.active_requests,
                     .connections = load.connections,
                     .requests_total = load.requests_total,
                     .connect_failures = load.connect_failures,
                     .errors_5xx = load.errors_5xx});
  }
  return views;
}

void ClusterSet::LiveCluster::SetEndpoints(std::shared_ptr<const config::EndpointSet> endpoints) {
  if (endpoints == entry_.endpoints) return;
  entry_.endpoints = std::move(endpoints);
  if (traffic_ == nullptr) return;
  traffic_->SetEndpoints(EndpointsOf(entry_));
}

void ClusterSet::LiveCluster::Drain() {
  draining_ = true;
  if (traffic_ != nullptr) traffic_->Drain();
}

void ClusterSet::LiveCluster::Retire() {
  standing_ = Standing::kRetired;
  Drain();
}

void ClusterSet::LiveCluster::OnLetGo() {
  standing_ = Standing::kLetGo;
  traffic_ = nullptr;
}

bool ClusterSet::LiveCluster::idle() const {
  return traffic_ == nullptr || (traffic_->idle() && traffic_->limits().retries() == 0);
}

void ClusterSet::LiveCluster::MaybeIdle() {
  if (draining_ && idle()) set_.OnDrained(*this);
}

}  // namespace sluice::upstream
