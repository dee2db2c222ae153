// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "google/protobuf/message.h"

namespace sluice::envoy_api {

// One message of each .proto file of messages under api/envoy, api/xds and api/udpa. A program that
// calls this holds them all, so that protobuf's generated pool finds any of them by name: reading
// a bootstrap's typed_config from JSON needs that. Without it the linker drops what no code names.
//
// Thread: any. Lifetime: descriptors live as long as the program. Errors: none.
std::vector<const google::protobuf::Descriptor*> TypePerFile();

}  // namespace sluice::envoy_api
