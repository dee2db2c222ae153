// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/pushapi/fleet_view.h"
#include "controlplane/pushapi/propagation.h"
#include "controlplane/pushapi/reader.h"
#include "controlplane/pushapi/writer.h"
#include "controlplane/registry/registry.h"
#include "controlplane/status/board.h"
#include "controlplane/store/store.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// What the push API stands on; all of it outlives the Handlers.
struct Ground {
  registry::Registry& registry;
  store::Store& store;
  status::Board& board;
  xdsserver::SnapshotCache& cache;
  xdsserver::Fleet& fleet;
  Propagation& propagation;
  Judge judge;
  Examine examine;
  FindCause find_cause;
  std::function<absl::Time()> clock;
};

// Handlers answer the calls of push.proto, whatever carries them: gRPC and REST call the same ones.
// They check what the caller may do, and nothing else about the caller.
//
// Thread:   any; each call may block on the registry's disk.
// Errors:   kPermissionDenied for who may only read; else as the parts say.
// Limits:   those of the parts.
class Handlers {
 public:
  explicit Handlers(const Ground& ground);

  absl::StatusOr<push::v1::ApplyResponse> Apply(const Caller& caller,
                                                const push::v1::ApplyRequest& request);
  absl::StatusOr<push::v1::DeleteResponse> Delete(const Caller& caller,
                                                  const push::v1::DeleteRequest& request);
  absl::StatusOr<push::v1::GetResponse> Get(const Caller& caller,
                                            const push::v1::GetRequest& request);
  absl::StatusOr<push::v1::ListResponse> List(const Caller& caller,
                                              const push::v1::ListRequest& request);
  absl::StatusOr<push::v1::DiffResponse> Diff(const Caller& caller,
                                              const push::v1::DiffRequest& request);
  absl::StatusOr<push::v1::FleetResponse> Fleet(const Caller& caller,
                                                const push::v1::FleetRequest& request);
  absl::StatusOr<push::v1::ListGatewaysResponse> ListGateways(
      const Caller& caller, const push::v1::ListGatewaysRequest& request);
  absl::StatusOr<push::v1::GetResourcesResponse> GetResources(
      const Caller& caller, const push::v1::GetResourcesRequest& request);
  absl::StatusOr<push::v1::HistoryResponse> History(const Caller& caller,
                                                    const push::v1::HistoryRequest& request);

  // Of the newest change whose effect is known.
  [[nodiscard]] registry::Revision Revision() const { return ground_.board.revision(); }

  // `done` is called once, or never if what is returned dies first.
  std::shared_ptr<void> Wait(const push::v1::WaitRequest& request, Propagation::Done done);
  // See watcher.h.
  absl::StatusOr<std::shared_ptr<void>> Watch(const Caller& caller,
                                              const push::v1::WatchRequest& request,
                                              std::shared_ptr<CallSink> sink);

 private:
  Ground ground_;
  Writer writer_;
  Reader reader_;
};

}  // namespace sluice::pushapi
