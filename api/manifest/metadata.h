// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "google/protobuf/message.h"
#include "k8s/meta.pb.h"

namespace sluice::manifest {

// The metadata of any kind's message; null if the message has none (is no kind), or if it is not
// set and only looked at.
const k8s::ObjectMeta* FindMetadata(const google::protobuf::Message& body);
k8s::ObjectMeta* MutableMetadata(google::protobuf::Message* body);

}  // namespace sluice::manifest
