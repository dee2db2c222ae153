// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/fleet_view.h"

#include <memory>

#include "absl/time/time.h"
#include "controlplane/pushapi/rejection.h"

namespace sluice::pushapi {
namespace {

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t nanos = absl::ToUnixNanos(time);
  out.set_seconds(nanos / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

}  // namespace

push::v1::ProxyState ToProto(xdsserver::ProxyState state) {
  switch (state) {
    case xdsserver::ProxyState::kSyncing:
      return push::v1::PROXY_STATE_SYNCING;
    case xdsserver::ProxyState::kLive:
      return push::v1::PROXY_STATE_LIVE;
    case xdsserver::ProxyState::kRefused:
      return push::v1::PROXY_STATE_REFUSED;
  }
  return push::v1::PROXY_STATE_UNSPECIFIED;
}

push::v1::Proxy ViewOf(const xdsserver::ProxyStatus& status, const xdsserver::SnapshotCache& cache,
                       const FindCause& find_cause) {
  push::v1::Proxy proxy;
  proxy.set_node(status.node_id);
  proxy.set_gateway(status.group);
  proxy.set_principal(status.principal);
  proxy.set_proof(status.proof);
  proxy.set_user_agent(status.user_agent);
  SetTime(status.connected_since, *proxy.mutable_connected_since());
  proxy.set_state(ToProto(status.state));
  proxy.set_version(status.snapshot_version);
  const std::shared_ptr<const xdsserver::Snapshot> target = cache.Find(status.group);
  if (target != nullptr) proxy.set_target_version(target->version);
  proxy.set_lag_ms(absl::ToDoubleMilliseconds(status.lag));
  for (const xdsserver::TypeStatus& type : status.types) {
    if (!type.refusal.has_value()) continue;
    push::v1::Refusal& refusal = *proxy.add_refusals();
    refusal.set_type_url(type.type_url);
    refusal.set_version(type.refusal->version);
    refusal.set_error(type.refusal->error);
    SetTime(type.refusal->at, *refusal.mutable_at());
    for (const std::string& name : type.refusal->resources) {
      refusal.add_resources(name);
      const std::optional<manifest::Problem> cause =
          find_cause(status.group, type.type_url, name, type.refusal->error);
      if (cause.has_value()) *refusal.add_causes() = ToProto(*cause);
    }
  }
  for (const std::string& field : status.unsupported_fields) proxy.add_unsupported_fields(field);
  return proxy;
}

}  // namespace sluice::pushapi
