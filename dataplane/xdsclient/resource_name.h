// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// The name that a message of this type gives itself; empty if the bytes are no such message.
std::string NameInBody(ResourceType type, std::string_view body);

}  // namespace sluice::xdsclient
