// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/origin.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/snapshot_cache.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// The objects and fields that a resource of a Gateway was made of: how a NACK finds its cause.
using FindCauses = std::function<std::vector<manifest::Problem>(
    std::string_view gateway, std::string_view type_url, std::string_view resource)>;

push::v1::ProxyState ToProto(xdsserver::ProxyState state);

// How one proxy is to be shown.
push::v1::Proxy ViewOf(const xdsserver::ProxyStatus& status, const xdsserver::SnapshotCache& cache,
                       const FindCauses& find_causes);

}  // namespace sluice::pushapi
