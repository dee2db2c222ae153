// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/status/board.h"
#include "controlplane/status/liveness.h"
#include "controlplane/store/store.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// Reader answers what objects there are, with their status as it is at this moment. Who may only
// read is not shown what is in Secrets, nor the hashes of Consumers.
//
// Thread:   any.
// Lifetime: what it is given outlives it.
// Errors:   kNotFound, kInvalidArgument (no such kind), kUnavailable before the registry was read.
class Reader {
 public:
  Reader(const store::Store& store, const status::Board& board, const xdsserver::Fleet& fleet,
         const xdsserver::SnapshotCache& cache)
      : store_(store), board_(board), fleet_(fleet), cache_(cache) {}

  absl::StatusOr<push::v1::GetResponse> Get(const Caller& caller,
                                            const push::v1::GetRequest& request) const;
  absl::StatusOr<push::v1::ListResponse> List(const Caller& caller,
                                              const push::v1::ListRequest& request) const;

 private:
  std::string Show(const Caller& caller, const store::StoredObject& stored,
                   const status::Liveness& liveness) const;

  const store::Store& store_;
  const status::Board& board_;
  const xdsserver::Fleet& fleet_;
  const xdsserver::SnapshotCache& cache_;
};

// Takes what is secret off a Secret, its data, and the hashes of credentials off a Consumer; off
// both the copy of it that kubectl leaves in an annotation. Other kinds stay as they are.
void Redact(google::protobuf::Message* body);

}  // namespace sluice::pushapi
