// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/manifest/object.h"
#include "controlplane/status/board.h"
#include "controlplane/status/liveness.h"
#include "google/protobuf/message.h"

namespace sluice::status {

// The condition that says how many proxies serve what an object says.
inline constexpr char kLiveCondition[] = "sluice.dev/Live";

// Writes the status of an object into its body: the conditions of its verdict, and for each Gateway
// that serves it how many proxies do (null: nothing of that). Kinds without a status are left
// alone. The time of sluice.dev/Live is when the object came to be what is being counted.
//
// Thread: safe from any; no state.
void ComposeStatus(const manifest::ObjectKey& key, const BoardEntry& entry,
                   const Liveness* liveness, google::protobuf::Message* body);

}  // namespace sluice::status
