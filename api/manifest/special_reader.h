// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/manifest/node.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {

// Messages that stand for one JSON value: Duration, Timestamp, IntOrString and Quantity.
bool IsSpecial(const google::protobuf::Descriptor* type);

// Reads and checks one. Answers an empty string, or what is wrong as a sentence without a subject.
std::string ReadSpecial(const Node& node, google::protobuf::Message* message);
std::string CheckSpecial(const google::protobuf::Message& message, const api::FieldRules& rules);

// Sets one from its text in a manifest, which must be right: for defaults, which stand in protos.
bool SetSpecial(std::string_view text, google::protobuf::Message* message);

}  // namespace sluice::manifest
