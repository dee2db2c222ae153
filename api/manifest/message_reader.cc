// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/message_reader.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/scalar_reader.h"
#include "api/manifest/special_reader.h"
#include "base/nearest.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

using google::protobuf::Descriptor;
using Field = google::protobuf::FieldDescriptor;

const Field* FindByJsonName(const Descriptor* type, std::string_view name) {
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->json_name() == name) return type->field(i);
  }
  return nullptr;
}

std::string Twice(int first_line) {
  return absl::StrCat("is given twice; the first is in line ", first_line, ".");
}

std::string CheckCount(int count, const api::FieldRules& rules) {
  if (count < static_cast<int>(rules.min_items())) {
    return absl::StrCat("must hold at least ", rules.min_items(),
                        rules.min_items() == 1 ? " item." : " items.");
  }
  if (rules.max_items() > 0 && count > static_cast<int>(rules.max_items())) {
    return absl::StrCat("holds ", count, " items; at most ", rules.max_items(), " are allowed.");
  }
  return {};
}

int CountChildren(const Node& node) {
  int count = 0;
  for (const Node* child = node.first_child; child != nullptr; child = child->next) ++count;
  return count;
}

}  // namespace

// Adds a step to the reader's path for as long as it lives.
class MessageReader::PathStep {
 public:
  PathStep(std::string& path, std::string_view member) : path_(path), length_(path.size()) {
    absl::StrAppend(&path_, path_.empty() ? "" : ".", member);
  }
  PathStep(std::string& path, int index) : path_(path), length_(path.size()) {
    absl::StrAppend(&path_, "[", index, "]");
  }
  struct MapKey {
    std::string_view key;
  };
  PathStep(std::string& path, MapKey key) : path_(path), length_(path.size()) {
    absl::StrAppend(&path_, "[", key.key, "]");
  }
  ~PathStep() { path_.resize(length_); }
  PathStep(const PathStep&) = delete;
  PathStep& operator=(const PathStep&) = delete;

 private:
  std::string& path_;
  const size_t length_;
};

void MessageReader::Read(const Node& node, std::span<const std::string_view> also_known,
                         google::protobuf::Message* message) {
  path_.clear();
  origins_.Add(path_, node.line);
  ReadMessage(node, also_known, message);
}

void MessageReader::ReadMessage(const Node& node, std::span<const std::string_view> also_known,
                                google::protobuf::Message* message) {
  if (IsSpecial(message->GetDescriptor())) {
    // Rules of the field around it are the caller's.
    if (std::string reason = ReadSpecial(node, message); !reason.empty()) Report(node.line, reason);
    return;
  }
  if (node.type != NodeType::kMap) {
    Report(node.line, absl::StrCat("must be a mapping, not ", NameOf(node.type), "."));
    return;
  }
  ReadMembers(node, also_known, message);
}

void MessageReader::ReadMembers(const Node& node, std::span<const std::string_view> also_known,
                                google::protobuf::Message* message) {
  const Descriptor* type = message->GetDescriptor();
  // Line of each field's first occurrence, 0 for none; the slots behind the fields are also_known.
  std::vector<int> seen(static_cast<size_t>(type->field_count()) + also_known.size());
  for (const Node* child = node.first_child; child != nullptr; child = child->next) {
    const Field* field = FindByJsonName(type, child->key);
    const auto extra = std::find(also_known.begin(), also_known.end(), child->key);
    if (field == nullptr && extra == also_known.end()) {
      ReportUnknown(*child, also_known, type);
      continue;
    }
    const PathStep step(path_, child->key);
    int& first_line = seen[static_cast<size_t>(
        field != nullptr ? field->index() : type->field_count() + (extra - also_known.begin()))];
    if (first_line != 0) {
      Report(child->key_line, Twice(first_line));
      continue;
    }
    first_line = child->key_line;
    origins_.Add(path_, child->key_line);
    if (field == nullptr) continue;
    if (child->type != NodeType::kNull) {
      ReadField(*child, field, message);
    } else if (RulesOf(field).required()) {
      Report(child->line, "is required and must not be null.");
    }
  }
  for (int i = 0; i < type->field_count(); ++i) {
    if (seen[static_cast<size_t>(i)] != 0 || !RulesOf(type->field(i)).required()) continue;
    const PathStep step(path_, type->field(i)->json_name());
    Report(node.line, "is required.");
  }
}

void MessageReader::ReadField(const Node& node, const Field* field,
                              google::protobuf::Message* message) {
  if (field->is_map()) return ReadMap(node, field, message);
  if (field->is_repeated()) return ReadList(node, field, message);
  ReadSingular(node, field, message);
}

void MessageReader::ReadSingular(const Node& node, const Field* field,
                                 google::protobuf::Message* message) {
  const api::FieldRules& rules = RulesOf(field);
  if (field->cpp_type() != Field::CPPTYPE_MESSAGE) {
    ScalarValue value;
    std::string reason = ReadScalar(node, field, rules, &value);
    if (!reason.empty()) return Report(node.line, std::move(reason));
    return StoreScalar(std::move(value), field, message);
  }
  google::protobuf::Message* inner = message->GetReflection()->MutableMessage(message, field);
  if (IsSpecial(inner->GetDescriptor())) {
    std::string reason = ReadSpecial(node, inner);
    if (reason.empty()) reason = CheckSpecial(*inner, rules);
    if (!reason.empty()) Report(node.line, std::move(reason));
    return;
  }
  ReadMessage(node, {}, inner);
}

void MessageReader::ReadList(const Node& node, const Field* field,
                             google::protobuf::Message* message) {
  if (node.type != NodeType::kList) {
    return Report(node.line, absl::StrCat("must be a list, not ", NameOf(node.type), "."));
  }
  const api::FieldRules& rules = RulesOf(field);
  if (std::string reason = CheckCount(CountChildren(node), rules); !reason.empty()) {
    return Report(node.line, std::move(reason));
  }
  absl::flat_hash_map<std::string_view, int> unique;
  int index = 0;
  for (const Node* child = node.first_child; child != nullptr; child = child->next, ++index) {
    const PathStep step(path_, index);
    origins_.Add(path_, child->line);
    if (const Node* key = child->Find(rules.unique_by());
        key != nullptr && !rules.unique_by().empty()) {
      const auto [other, is_new] = unique.emplace(key->text, key->line);
      if (!is_new) {
        const PathStep key_step(path_, rules.unique_by());
        Report(key->line, absl::StrCat("\"", key->text, "\" must be unique in its list; it also ",
                                       "stands in line ", other->second, "."));
      }
    }
    if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      ReadMessage(*child, {}, message->GetReflection()->AddMessage(message, field));
      continue;
    }
    ScalarValue value;
    std::string reason = ReadScalar(*child, field, rules, &value);
    if (!reason.empty()) {
      Report(child->line, std::move(reason));
    } else {
      StoreScalar(std::move(value), field, message);
    }
  }
}

void MessageReader::ReadMap(const Node& node, const Field* field,
                            google::protobuf::Message* message) {
  if (node.type != NodeType::kMap) {
    return Report(node.line, absl::StrCat("must be a mapping, not ", NameOf(node.type), "."));
  }
  const api::FieldRules& rules = RulesOf(field);
  if (std::string reason = CheckCount(CountChildren(node), rules); !reason.empty()) {
    return Report(node.line, std::move(reason));
  }
  const Field* value_field = field->message_type()->map_value();
  absl::flat_hash_map<std::string_view, int> seen;
  for (const Node* child = node.first_child; child != nullptr; child = child->next) {
    const PathStep step(path_, PathStep::MapKey{child->key});
    const auto [first, is_new] = seen.emplace(child->key, child->key_line);
    if (!is_new) {
      Report(child->key_line, Twice(first->second));
      continue;
    }
    origins_.Add(path_, child->key_line);
    api::FieldRules key_rules;
    key_rules.set_min_length(1);
    key_rules.set_format(rules.key_format());
    if (std::string reason = CheckString(child->key, key_rules); !reason.empty()) {
      Report(child->key_line, absl::StrCat("key ", reason));
      continue;
    }
    // Kubernetes reads a null in a map of strings as an empty one.
    ScalarValue value = std::string();
    std::string reason;
    if (child->type != NodeType::kNull) reason = ReadScalar(*child, value_field, rules, &value);
    if (!reason.empty()) {
      Report(child->line, std::move(reason));
      continue;
    }
    google::protobuf::Message* entry = message->GetReflection()->AddMessage(message, field);
    StoreScalar(std::string(child->key), field->message_type()->map_key(), entry);
    StoreScalar(std::move(value), value_field, entry);
  }
}

bool MessageReader::SkipsUnknown() const {
  if (unknown_ == UnknownFields::kRefuse) return false;
  return unknown_ == UnknownFields::kSkip || path_ == "metadata" || path_.starts_with("metadata.");
}

void MessageReader::ReportUnknown(const Node& node, std::span<const std::string_view> also_known,
                                  const Descriptor* type) {
  // Finding a name's neighbours is the one costly answer: not for problems that nobody will see.
  if (SkipsUnknown() || problems_.full()) return;
  std::vector<std::string_view> names(also_known.begin(), also_known.end());
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->json_name());
  const std::string_view nearest = base::NearestName(node.key, names);
  const PathStep step(path_, node.key);
  if (!nearest.empty()) {
    return Report(node.key_line,
                  absl::StrCat("is not a known field; did you mean \"", nearest, "\"?"));
  }
  std::sort(names.begin(), names.end());
  std::string reason = "is not a known field; known here are ";
  for (size_t i = 0; i < names.size(); ++i) {
    absl::StrAppend(&reason, i == 0 ? "" : ", ", names[i]);
  }
  Report(node.key_line, absl::StrCat(reason, "."));
}

}  // namespace sluice::manifest
