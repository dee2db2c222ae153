// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/liveness.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::status {

std::string LiveCount::ToString() const {
  if (connected == 0) return "No proxy of the Gateway is connected";
  return absl::StrCat("Live ", live, "/", connected, first_laggard.empty() ? "" : "; ",
                      first_laggard);
}

Liveness::Liveness(const std::vector<xdsserver::ProxyStatus>& fleet,
                   const std::vector<std::shared_ptr<const xdsserver::Snapshot>>& snapshots) {
  for (const auto& snapshot : snapshots) current_[snapshot->group] = snapshot->sequence;
  for (const xdsserver::ProxyStatus& status : fleet) {
    Proxy proxy{status.node_id, status.sequence, {}};
    for (const xdsserver::TypeStatus& type : status.types) {
      if (type.refusal.has_value() && proxy.error.empty()) proxy.error = type.refusal->error;
    }
    by_gateway_[status.group].push_back(std::move(proxy));
  }
}

LiveCount Liveness::Count(std::string_view gateway, uint64_t sequence) const {
  LiveCount count;
  const auto it = by_gateway_.find(gateway);
  if (it == by_gateway_.end()) return count;
  // A change that left this Gateway's snapshot as it was has made a higher sequence elsewhere.
  const auto current = current_.find(gateway);
  if (current != current_.end()) sequence = std::min(sequence, current->second);
  for (const Proxy& proxy : it->second) {
    ++count.connected;
    if (proxy.sequence >= sequence && proxy.error.empty()) {
      ++count.live;
    } else if (count.first_laggard.empty()) {
      count.first_laggard = proxy.error.empty()
                                ? absl::StrCat(proxy.node_id, " has not answered yet")
                                : absl::StrCat(proxy.node_id, " refused: ", proxy.error);
    }
  }
  return count;
}

}  // namespace sluice::status
