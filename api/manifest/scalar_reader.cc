// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/scalar_reader.h"

#include <re2/re2.h>

#include <limits>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "api/manifest/formats.h"
#include "base/nearest.h"

namespace sluice::manifest {
namespace {

using Field = google::protobuf::FieldDescriptor;

// Longer values are no help in a message, and a Secret's must not be shown at all.
constexpr size_t kMaxShown = 64;

std::string Quoted(std::string_view text) {
  if (text.size() <= kMaxShown) return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text), "\"");
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, kMaxShown)), "...\"");
}

std::string WrongType(std::string_view wanted, const Node& node) {
  std::string reason = absl::StrCat("must be ", wanted, ", not ", NameOf(node.type));
  const bool scalar =
      node.type == NodeType::kBool || node.type == NodeType::kInt || node.type == NodeType::kFloat;
  if (wanted == "a string" && scalar && node.text.size() <= kMaxShown) {
    return absl::StrCat(reason, "; write it in quotes: \"", node.text, "\".");
  }
  if (node.type == NodeType::kString && wanted == "a number") {
    int64_t number;
    if (absl::SimpleAtoi(node.text, &number)) {
      return absl::StrCat(reason, "; leave out the quotes.");
    }
    return absl::StrCat(reason, ": ", Quoted(node.text), ".");
  }
  if (wanted == "a boolean" && node.type == NodeType::kString) {
    return absl::StrCat(reason, "; write true or false, without quotes.");
  }
  return absl::StrCat(reason, ".");
}

struct Range {
  int64_t min;
  uint64_t max;
};

Range RangeOf(const Field* field) {
  switch (field->cpp_type()) {
    case Field::CPPTYPE_INT32:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case Field::CPPTYPE_UINT32:
      return {0, std::numeric_limits<uint32_t>::max()};
    default:
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  }
}

std::string CheckChoice(std::string_view text, std::string_view one_of) {
  const std::vector<std::string_view> choices = absl::StrSplit(one_of, '|');
  for (const std::string_view choice : choices) {
    if (text == choice) return {};
  }
  const std::string_view nearest = base::NearestName(text, choices);
  std::string reason = absl::StrCat(Quoted(text), " is not one of ", absl::StrJoin(choices, ", "));
  if (nearest.empty()) return absl::StrCat(reason, ".");
  return absl::StrCat(reason, "; did you mean \"", nearest, "\"?");
}

std::string ReadWholeNumber(const Node& node, const Field* field, const api::FieldRules& rules,
                            ScalarValue* value) {
  if (node.type == NodeType::kFloat) return "must be a whole number.";
  if (node.type != NodeType::kInt) return WrongType("a number", node);
  const Range range = RangeOf(field);
  int64_t number;
  if (!ParseInt(node.text, &number) || number < range.min ||
      (number > 0 && static_cast<uint64_t>(number) > range.max)) {
    return absl::StrCat(node.text.size() <= kMaxShown ? node.text : "The number",
                        " is out of range: it must lie between ",
                        rules.has_min() ? rules.min() : range.min, " and ",
                        rules.has_max() ? static_cast<uint64_t>(rules.max()) : range.max, ".");
  }
  *value = number;
  if (!rules.one_of().empty()) return CheckChoice(absl::StrCat(number), rules.one_of());
  return CheckNumber(number, rules);
}

std::string ReadBytes(const Node& node, const api::FieldRules& rules, ScalarValue* value) {
  if (node.type != NodeType::kString) return WrongType("a string", node);
  std::string bytes;
  // Never shown: Secrets are read here.
  if (!absl::Base64Unescape(node.text, &bytes)) return "is not base64.";
  if (rules.max_length() > 0 && bytes.size() > rules.max_length()) {
    return absl::StrCat("holds ", bytes.size(), " bytes; at most ", rules.max_length(),
                        " are allowed.");
  }
  *value = std::move(bytes);
  return {};
}

}  // namespace

const api::FieldRules& RulesOf(const Field* field) {
  return field->options().GetExtension(api::rules);
}

bool ParseInt(std::string_view text, int64_t* value) {
  if (text.starts_with("0x")) {
    return absl::SimpleHexAtoi(text, value);
  }
  if (text.starts_with("0o")) {
    uint64_t number = 0;
    for (const char digit : text.substr(2)) {
      if (number > (std::numeric_limits<uint64_t>::max() >> 4)) return false;
      number = number * 8 + static_cast<uint64_t>(digit - '0');
    }
    *value = static_cast<int64_t>(number);
    return true;
  }
  return absl::SimpleAtoi(text, value);
}

std::string CheckNumber(int64_t value, const api::FieldRules& rules) {
  const bool low = rules.has_min() && value < rules.min();
  const bool high = rules.has_max() && value > rules.max();
  if (!low && !high) return {};
  if (!rules.has_max()) return absl::StrCat(value, " must be at least ", rules.min(), ".");
  if (!rules.has_min()) return absl::StrCat(value, " must be at most ", rules.max(), ".");
  return absl::StrCat(value, " is out of range: it must lie between ", rules.min(), " and ",
                      rules.max(), ".");
}

std::string CheckString(std::string_view text, const api::FieldRules& rules) {
  if (text.find('\0') != std::string_view::npos) return "must not hold a NUL byte.";
  if (text.size() < rules.min_length()) {
    return rules.min_length() == 1
               ? "must not be empty."
               : absl::StrCat("must be at least ", rules.min_length(), " bytes long.");
  }
  if (rules.max_length() > 0 && text.size() > rules.max_length()) {
    return absl::StrCat("is ", text.size(), " bytes long; at most ", rules.max_length(),
                        " are allowed.");
  }
  if (!rules.one_of().empty()) {
    if (std::string reason = CheckChoice(text, rules.one_of()); !reason.empty()) return reason;
  }
  if (!rules.pattern().empty() &&
      !RE2::FullMatch(re2::StringPiece(text.data(), text.size()), rules.pattern())) {
    return absl::StrCat(Quoted(text), " must match ", rules.pattern(), ".");
  }
  return CheckFormat(rules.format(), text);
}

std::string ReadScalar(const Node& node, const Field* field, const api::FieldRules& rules,
                       ScalarValue* value) {
  switch (field->cpp_type()) {
    case Field::CPPTYPE_STRING:
      if (field->type() == Field::TYPE_BYTES) return ReadBytes(node, rules, value);
      if (node.type != NodeType::kString) return WrongType("a string", node);
      *value = std::string(node.text);
      return CheckString(node.text, rules);
    case Field::CPPTYPE_BOOL:
      if (node.type != NodeType::kBool) return WrongType("a boolean", node);
      *value = node.text[0] == 't' || node.text[0] == 'T';
      return {};
    case Field::CPPTYPE_INT32:
    case Field::CPPTYPE_INT64:
    case Field::CPPTYPE_UINT32:
      return ReadWholeNumber(node, field, rules, value);
    default:
      return "has a type that manifests cannot hold.";
  }
}

void StoreScalar(ScalarValue value, const Field* field, google::protobuf::Message* message) {
  const google::protobuf::Reflection* to = message->GetReflection();
  const bool add = field->is_repeated();
  switch (field->cpp_type()) {
    case Field::CPPTYPE_STRING: {
      std::string& text = std::get<std::string>(value);
      return add ? to->AddString(message, field, std::move(text))
                 : to->SetString(message, field, std::move(text));
    }
    case Field::CPPTYPE_BOOL:
      return add ? to->AddBool(message, field, std::get<bool>(value))
                 : to->SetBool(message, field, std::get<bool>(value));
    case Field::CPPTYPE_INT32: {
      const auto number = static_cast<int32_t>(std::get<int64_t>(value));
      return add ? to->AddInt32(message, field, number) : to->SetInt32(message, field, number);
    }
    case Field::CPPTYPE_UINT32: {
      const auto number = static_cast<uint32_t>(std::get<int64_t>(value));
      return add ? to->AddUInt32(message, field, number) : to->SetUInt32(message, field, number);
    }
    case Field::CPPTYPE_INT64: {
      const int64_t number = std::get<int64_t>(value);
      return add ? to->AddInt64(message, field, number) : to->SetInt64(message, field, number);
    }
    default:
      return;
  }
}

}  // namespace sluice::manifest
