// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/manifest/origin.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// The object and field that a resource of a Gateway was made of: how a NACK finds its cause.
// `error` is the NACK's text, which may name a part of the resource.
using FindCause = std::function<std::optional<manifest::Problem>(
    std::string_view gateway, std::string_view type_url, std::string_view resource,
    std::string_view error)>;

push::v1::ProxyState ToProto(xdsserver::ProxyState state);

// How one proxy is to be shown.
push::v1::Proxy ViewOf(const xdsserver::ProxyStatus& status, const xdsserver::SnapshotCache& cache,
                       const FindCause& find_cause);

}  // namespace sluice::pushapi
