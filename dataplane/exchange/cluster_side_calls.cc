// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/cluster_side_calls.h"

#include <memory>
#include <utility>

#include "dataplane/exchange/cluster_side_call.h"

namespace sluice::exchange {

filters::SideCallHandle ClusterSideCalls::Start(filters::SideCallRequest&& request,
                                                filters::SideCallObserver& observer) {
  auto call = std::make_unique<ClusterSideCall>(loop_, random_, observer);
  ClusterSideCall& started = *call;
  filters::SideCallHandle handle(call.release());
  started.Start(clusters_, std::move(request));
  return handle;
}

}  // namespace sluice::exchange
