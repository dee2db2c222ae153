// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/handlers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "controlplane/pushapi/rejection.h"
#include "controlplane/pushapi/watcher.h"
#include "controlplane/xdsserver/type_urls.h"

namespace sluice::pushapi {
namespace {

constexpr int kDefaultHistory = 20;
constexpr int kMaxHistory = 1000;

absl::Status MayWrite(const Caller& caller) {
  if (caller.may_write) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("\"", caller.name, "\" may read only; this call needs write."));
}

}  // namespace

Handlers::Handlers(const Ground& ground)
    : ground_(ground),
      writer_(ground.registry, ground.store, ground.board, ground.propagation, ground.judge,
              ground.examine, ground.clock),
      reader_(ground.store, ground.board, ground.fleet, ground.cache) {}

absl::StatusOr<push::v1::ApplyResponse> Handlers::Apply(const Caller& caller,
                                                        const push::v1::ApplyRequest& request) {
  // A dry run tells no more than a diff.
  if (!request.dry_run()) SLUICE_RETURN_IF_ERROR(MayWrite(caller));
  return writer_.Apply(caller, request);
}

absl::StatusOr<push::v1::DeleteResponse> Handlers::Delete(const Caller& caller,
                                                          const push::v1::DeleteRequest& request) {
  if (!request.dry_run()) SLUICE_RETURN_IF_ERROR(MayWrite(caller));
  return writer_.Delete(caller, request);
}

absl::StatusOr<push::v1::GetResponse> Handlers::Get(const Caller& caller,
                                                    const push::v1::GetRequest& request) {
  return reader_.Get(caller, request);
}

absl::StatusOr<push::v1::ListResponse> Handlers::List(const Caller& caller,
                                                      const push::v1::ListRequest& request) {
  return reader_.List(caller, request);
}

absl::StatusOr<push::v1::DiffResponse> Handlers::Diff(const Caller& caller,
                                                      const push::v1::DiffRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(push::v1::DiffResponse response, writer_.Diff(request));
  if (caller.may_write) return response;
  for (push::v1::ObjectDiff& diff : *response.mutable_diffs()) {
    if (HoldsSecrets(diff.key().kind())) diff.clear_before();
  }
  return response;
}

absl::StatusOr<push::v1::FleetResponse> Handlers::Fleet(const Caller& caller,
                                                        const push::v1::FleetRequest& request) {
  push::v1::FleetResponse response;
  response.set_revision(ground_.board.revision());
  for (const xdsserver::ProxyStatus& status : ground_.fleet.View(request.gateway())) {
    *response.add_proxies() = ViewOf(status, ground_.cache, ground_.find_cause);
  }
  const std::shared_ptr<const store::ObjectSet> objects = ground_.store.Current();
  if (objects == nullptr) return response;
  for (const auto& [source, problems] : objects->problems().by_source) {
    for (const manifest::Problem& problem : problems) *response.add_problems() = ToProto(problem);
  }
  for (const auto& [key, problems] : objects->problems().by_object) {
    for (const manifest::Problem& problem : problems) *response.add_problems() = ToProto(problem);
  }
  return response;
}

absl::StatusOr<push::v1::ListGatewaysResponse> Handlers::ListGateways(
    const Caller& caller, const push::v1::ListGatewaysRequest& request) {
  push::v1::ListGatewaysResponse response;
  for (const auto& snapshot : ground_.cache.List()) {
    // A Gateway that is gone leaves an empty one behind.
    if (snapshot->resources.size() != 0) response.add_gateways(snapshot->group);
  }
  return response;
}

absl::StatusOr<push::v1::GetResourcesResponse> Handlers::GetResources(
    const Caller& caller, const push::v1::GetResourcesRequest& request) {
  const std::shared_ptr<const xdsserver::Snapshot> snapshot = ground_.cache.Find(request.gateway());
  if (snapshot == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("Gateway ", request.gateway(),
                     " has nothing to serve: there is no such Gateway, or none of ours."));
  }
  push::v1::GetResourcesResponse response;
  response.set_version(snapshot->version);
  for (const auto& [type_url, resources] : snapshot->resources.types()) {
    // Keys and passwords, be it as hashes, leave for proxies alone.
    if (type_url == xdsserver::kSecretType || type_url == xdsserver::kConsumerType) continue;
    resources.ForEach([&](const xdsserver::ResourcePtr& resource) {
      push::v1::Resource& out = *response.add_resources();
      out.set_type_url(type_url);
      out.set_name(resource->name);
      out.set_value(*resource->value);
    });
  }
  return response;
}

absl::StatusOr<push::v1::HistoryResponse> Handlers::History(
    const Caller& caller, const push::v1::HistoryRequest& request) {
  const int limit = request.limit() > 0 ? std::min(request.limit(), kMaxHistory) : kDefaultHistory;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<registry::RevisionInfo> revisions,
                          ground_.registry.History(limit));
  push::v1::HistoryResponse response;
  for (const registry::RevisionInfo& info : revisions) {
    push::v1::Revision& out = *response.add_revisions();
    out.set_revision(info.revision);
    out.mutable_at()->set_seconds(absl::ToUnixSeconds(info.at));
    out.set_author(info.author);
    out.set_message(info.message);
    for (const manifest::ObjectKey& key : info.keys) *out.add_keys() = ToProto(key);
  }
  return response;
}

std::shared_ptr<void> Handlers::Wait(const push::v1::WaitRequest& request, Propagation::Done done) {
  return ground_.propagation.Wait(request.revision(),
                                  {request.changes().begin(), request.changes().end()},
                                  absl::Milliseconds(request.timeout_ms()), std::move(done));
}

absl::StatusOr<std::shared_ptr<void>> Handlers::Watch(const Caller& caller,
                                                      const push::v1::WatchRequest& request,
                                                      std::shared_ptr<CallSink> sink) {
  return StartWatch(ground_.registry, caller, request, std::move(sink));
}

}  // namespace sluice::pushapi
