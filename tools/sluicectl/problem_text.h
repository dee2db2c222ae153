// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sluice/push/v1/push.pb.h"

namespace sluice::sluicectl {

// "file:line: Kind ns/name: path: reason", leaving out what is empty.
std::string ToText(const push::v1::Problem& problem);

// "HTTPRoute shop/checkout".
std::string ToText(const push::v1::ObjectKey& key);

// "created", "configured", "unchanged", "deleted", "not there".
std::string_view ToText(push::v1::Outcome outcome);

// "live", "syncing", "refused".
std::string_view ToText(push::v1::ProxyState state);

}  // namespace sluice::sluicectl
