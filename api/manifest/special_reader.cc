// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/special_reader.h"

#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "api/manifest/scalar_reader.h"
#include "api/manifest/values.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "k8s/meta.pb.h"

namespace sluice::manifest {
namespace {

using google::protobuf::Duration;
using google::protobuf::Timestamp;

template <typename T>
T* As(google::protobuf::Message* message) {
  return message->GetDescriptor() == T::descriptor() ? static_cast<T*>(message) : nullptr;
}

template <typename T>
const T* As(const google::protobuf::Message& message) {
  return message.GetDescriptor() == T::descriptor() ? static_cast<const T*>(&message) : nullptr;
}

std::string WrongType(std::string_view wanted, const Node& node) {
  return absl::StrCat("must be ", wanted, ", not ", NameOf(node.type), ".");
}

std::string ReadDuration(const Node& node, Duration* duration) {
  // A bare 0 is the one number without a unit that means something.
  if (node.type != NodeType::kString && node.text != "0") {
    return WrongType("a duration in quotes, such as \"15s\"", node);
  }
  const absl::StatusOr<absl::Duration> parsed = ParseDuration(node.text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  *duration = ToProto(*parsed);
  return {};
}

std::string ReadTimestamp(const Node& node, Timestamp* time) {
  // A plain 2024-05-01 is a string in the core schema.
  if (node.type != NodeType::kString) return WrongType("a time", node);
  const absl::StatusOr<Timestamp> parsed = ParseTimestamp(node.text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  *time = *parsed;
  return {};
}

std::string ReadQuantity(const Node& node, k8s::Quantity* quantity) {
  const bool number = node.type == NodeType::kInt || node.type == NodeType::kFloat;
  if (!number && node.type != NodeType::kString) return WrongType("a size", node);
  const absl::StatusOr<int64_t> parsed = ParseQuantity(node.text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  quantity->set_value(*parsed);
  return {};
}

std::string ReadIntOrString(const Node& node, k8s::IntOrString* value) {
  if (node.type == NodeType::kString) {
    value->set_string_value(std::string(node.text));
    return {};
  }
  int64_t number;
  if (node.type != NodeType::kInt) return WrongType("a whole number or a string", node);
  if (!ParseInt(node.text, &number) || number < 0 || number > std::numeric_limits<int32_t>::max()) {
    return absl::StrCat(node.text, " is out of range.");
  }
  value->set_int_value(static_cast<int32_t>(number));
  return {};
}

std::string CheckDuration(absl::Duration duration, const api::FieldRules& rules) {
  const auto bound = [](const std::string& text, absl::Duration none) {
    return text.empty() ? none : ParseDuration(text).value_or(none);
  };
  const absl::Duration min = bound(rules.min_duration(), absl::ZeroDuration());
  const absl::Duration max = bound(rules.max_duration(), absl::InfiniteDuration());
  if (duration >= min && duration <= max) return {};
  return absl::StrCat(WriteDuration(duration), " is out of range: it must lie between ",
                      WriteDuration(min), " and ", rules.max_duration(), ".");
}

}  // namespace

bool IsSpecial(const google::protobuf::Descriptor* type) {
  return type == Duration::descriptor() || type == Timestamp::descriptor() ||
         type == k8s::Quantity::descriptor() || type == k8s::IntOrString::descriptor();
}

std::string ReadSpecial(const Node& node, google::protobuf::Message* message) {
  if (auto* duration = As<Duration>(message)) return ReadDuration(node, duration);
  if (auto* time = As<Timestamp>(message)) return ReadTimestamp(node, time);
  if (auto* quantity = As<k8s::Quantity>(message)) return ReadQuantity(node, quantity);
  return ReadIntOrString(node, As<k8s::IntOrString>(message));
}

std::string CheckSpecial(const google::protobuf::Message& message, const api::FieldRules& rules) {
  if (const auto* duration = As<Duration>(message))
    return CheckDuration(FromProto(*duration), rules);
  if (const auto* quantity = As<k8s::Quantity>(message)) {
    return CheckNumber(quantity->value(), rules);
  }
  return {};
}

bool SetSpecial(std::string_view text, google::protobuf::Message* message) {
  Node node;
  node.type = NodeType::kString;
  node.text = text;
  return ReadSpecial(node, message).empty();
}

}  // namespace sluice::manifest
