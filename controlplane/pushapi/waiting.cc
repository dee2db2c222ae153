// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/waiting.h"

#include <algorithm>
#include <utility>

#include "controlplane/pushapi/fleet_view.h"

namespace sluice::pushapi {

Propagation::Waiting::Waiting(xdsserver::Fleet& fleet, registry::Revision revision,
                              std::vector<registry::Revision> changes, absl::Time since,
                              absl::Time deadline, Done done)
    : fleet_(fleet),
      revision_(revision),
      changes_(std::move(changes)),
      since_(since),
      deadline_(deadline),
      done_(std::move(done)) {}

Propagation::Waiting::~Waiting() {
  std::vector<uint64_t> rollcalls;
  {
    absl::MutexLock lock(&mutex_);
    rollcalls.swap(rollcalls_);
  }
  for (const uint64_t id : rollcalls) fleet_.Cancel(id);
}

void Propagation::Waiting::Ask(const Reach& reach) {
  {
    absl::MutexLock lock(&mutex_);
    open_ = reach.size() + 1;
    for (const auto& [gateway, sequence] : reach) response_.add_gateways(gateway);
  }
  for (const auto& [gateway, sequence] : reach) {
    const uint64_t id = fleet_.Await(gateway, sequence, since_,
                                     [self = weak_from_this()](const xdsserver::Rollcall& call) {
                                       if (const auto waiting = self.lock()) {
                                         waiting->OnRollcall(call);
                                         waiting->CloseOne();
                                       }
                                     });
    absl::MutexLock lock(&mutex_);
    rollcalls_.push_back(id);
  }
  CloseOne();
}

void Propagation::Waiting::Expire() {
  std::vector<uint64_t> rollcalls;
  {
    absl::MutexLock lock(&mutex_);
    if (is_over_) return;
    rollcalls = rollcalls_;
  }
  for (const uint64_t id : rollcalls) {
    if (const auto call = fleet_.Cancel(id)) OnRollcall(*call);
  }
  Finish(/*is_complete=*/false);
}

void Propagation::Waiting::OnRollcall(const xdsserver::Rollcall& call) {
  absl::MutexLock lock(&mutex_);
  if (!is_over_) TakeAnswersLocked(call);
}

void Propagation::Waiting::TakeAnswersLocked(const xdsserver::Rollcall& call) {
  for (const xdsserver::Rollcall::Answer& answer : call.answers) {
    push::v1::ProxyAnswer& out = *response_.add_proxies();
    out.set_node(answer.node_id);
    out.set_gateway(call.group);
    out.set_state(ToProto(answer.state));
    // Negative: it served the snapshot before the apply, which did not change it.
    out.set_took_ms(std::max(0.0, absl::ToDoubleMilliseconds(answer.took)));
    out.set_error(answer.error);
  }
}

void Propagation::Waiting::CloseOne() {
  {
    absl::MutexLock lock(&mutex_);
    if (--open_ != 0) return;
  }
  Finish(/*is_complete=*/true);
}

void Propagation::Waiting::Finish(bool is_complete) {
  push::v1::WaitResponse response;
  {
    absl::MutexLock lock(&mutex_);
    if (is_over_) return;
    is_over_ = true;
    rollcalls_.clear();
    response.Swap(&response_);
  }
  response.set_revision(revision_);
  response.set_live(is_complete);
  for (const push::v1::ProxyAnswer& proxy : response.proxies()) {
    response.set_took_ms(std::max(response.took_ms(), proxy.took_ms()));
    if (proxy.state() != push::v1::PROXY_STATE_LIVE) response.set_live(false);
  }
  done_(std::move(response));
}

}  // namespace sluice::pushapi
