// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "dataplane/compile/cluster.h"
#include "dataplane/compile/listener.h"
#include "dataplane/compile/tls.h"
#include "dataplane/config/cluster.h"
#include "dataplane/config/listener.h"
#include "dataplane/router/router.h"

namespace sluice::xdsclient {

// A secret with an identity: what is bound with it is bound anew when it is replaced.
using FindSecret =
    std::function<std::shared_ptr<const compile::CompiledSecret>(std::string_view name)>;

// The router of a route table that is serving, or null.
using FindRouter = std::function<std::shared_ptr<const router::Router>(std::string_view name)>;

// Puts secrets into a compiled cluster and builds its TLS context.
// Errors: kUnavailable while a secret is not there; kInvalidArgument naming cluster and cause.
absl::StatusOr<std::shared_ptr<const config::Cluster>> BindCluster(
    const compile::CompiledCluster& compiled, const FindSecret& find_secret);

// Puts routers and secrets into a compiled listener and builds its TLS contexts. What is the same
// as in `previous` (may be null), which was bound from the same compiled listener, keeps its
// pointer, so that workers see what changed.
// Errors: as BindCluster. A route table that is not there leaves its chain without a router.
absl::StatusOr<std::shared_ptr<const config::Listener>> BindListener(
    const compile::CompiledListener& compiled, const FindSecret& find_secret,
    const FindRouter& find_router, const config::Listener* previous, bool secrets_changed);

}  // namespace sluice::xdsclient
