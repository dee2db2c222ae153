// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"

namespace sluice::translate {

// The bytes of a message, map entries sorted: the same message, the same bytes.
std::string Serialize(const google::protobuf::Message& message);

// The same inside an Any, which PackFrom would not sort.
void Pack(const google::protobuf::Message& message, google::protobuf::Any* any);

// Messages joined by hand, where most of a large one is known already.
//
// Appends `message`, serialized, as a field of another one.
void AppendField(int number, std::string_view message, std::string& out);
// The fields of that number at the top of a serialized message, each with its tag and length, up to
// the first field that is no message or text.
std::vector<std::string_view> FieldsOf(std::string_view message, int number);

void SetDuration(absl::Duration from, google::protobuf::Duration* to);

}  // namespace sluice::translate
