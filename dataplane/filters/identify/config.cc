// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/config.h"

namespace sluice::filters {

IdentifyPolicy::IdentifyPolicy(IdentifySettings settings) : settings_(std::move(settings)) {
  for (const IdentifyMethod& method : settings_.methods) {
    const auto* jwt = std::get_if<JwtMethod>(&method.how);
    if (jwt == nullptr) continue;
    for (const ClaimHeader& header : jwt->claim_headers) own_headers_.push_back(header.header);
    if (!jwt->payload_header.empty()) own_headers_.push_back(jwt->payload_header);
  }
}

}  // namespace sluice::filters
