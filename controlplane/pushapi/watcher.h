// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/registry/registry.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// Starts to send a registry's changes to a caller: from a revision on, those of some kinds and of
// one namespace. Secrets and Consumers are left out for who may only read. A batch that holds
// nothing for this caller is not sent, but for the first one, which says where the watch begins.
//
// Thread:   the registry's callback thread sends.
// Lifetime: what is returned ends the watch when it dies; the registry outlives it.
// Errors:   kInvalidArgument: no such kind. A caller that reads too slowly is finished with
//           RESOURCE_EXHAUSTED and may watch anew from its last revision.
// Limits:   kMaxWaitingBytes that the caller has not read.
inline constexpr size_t kMaxWaitingBytes = 64 << 20;

absl::StatusOr<std::shared_ptr<void>> StartWatch(registry::Registry& registry, const Caller& caller,
                                                 const push::v1::WatchRequest& request,
                                                 std::shared_ptr<CallSink> sink);

}  // namespace sluice::pushapi
