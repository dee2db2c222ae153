// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"

namespace sluice::translate {

// The bytes of a message, map entries sorted: the same message, the same bytes.
std::string Serialize(const google::protobuf::Message& message);

// The same inside an Any, which PackFrom would not sort.
void Pack(const google::protobuf::Message& message, google::protobuf::Any* any);

void SetDuration(absl::Duration from, google::protobuf::Duration* to);

}  // namespace sluice::translate
