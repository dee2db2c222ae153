// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/manifest/object.h"
#include "google/protobuf/message.h"

namespace sluice::manifest {

// Writes objects as Kubernetes writes them: camelCase names, numbers bare, durations as "1h30m",
// sizes as "64Ki", bytes in base64. The output is canonical: fields in the order of the kind's
// proto, map keys sorted, so equal objects give equal bytes; and reading it gives the object back.
//
// Thread:   safe from any; no state.
// Errors:   none.

// One line, no spaces.
std::string ToJson(const Object& object);
// Block style, two spaces; ends in a line feed.
std::string ToYaml(const Object& object);

// A message that is part of an object (a status, say), without apiVersion and kind.
std::string MessageToJson(const google::protobuf::Message& message);

}  // namespace sluice::manifest
