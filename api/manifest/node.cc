// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/node.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::manifest {

std::string_view NameOf(NodeType type) {
  switch (type) {
    case NodeType::kNull:
      return "null";
    case NodeType::kBool:
      return "a boolean";
    case NodeType::kInt:
    case NodeType::kFloat:
      return "a number";
    case NodeType::kString:
      return "a string";
    case NodeType::kMap:
      return "a mapping";
    case NodeType::kList:
      return "a list";
  }
  return "a value";
}

const Node* Node::Find(std::string_view wanted) const {
  if (type != NodeType::kMap) return nullptr;
  for (const Node* child = first_child; child != nullptr; child = child->next) {
    if (child->key == wanted) return child;
  }
  return nullptr;
}

std::string_view NodeTree::Keep(std::string_view text) {
  if (text.empty()) return {};
  char* copy = static_cast<char*>(text_.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

Node* NodeTree::Add(NodeType type, int line) {
  if (nodes_.size() >= limits_.max_nodes) {
    error_ = absl::StrCat("the document holds more than ", limits_.max_nodes, " values.");
    return nullptr;
  }
  Node& node = nodes_.emplace_back();
  node.type = type;
  node.line = line;
  if (open_.empty()) return &node;
  Open& parent = open_.back();
  node.key = parent.key;
  node.key_line = parent.key_line;
  parent.has_key = false;
  parent.key = {};
  (parent.last_child == nullptr ? parent.node->first_child : parent.last_child->next) = &node;
  parent.last_child = &node;
  return &node;
}

bool NodeTree::Scalar(NodeType type, std::string_view text, int line) {
  Node* node = Add(type, line);
  if (node == nullptr) return false;
  node->text = Keep(text);
  return true;
}

bool NodeTree::Start(NodeType type, int line) {
  if (static_cast<int>(open_.size()) >= limits_.max_depth) {
    error_ = absl::StrCat("the document nests deeper than ", limits_.max_depth, " levels.");
    return false;
  }
  Node* node = Add(type, line);
  if (node == nullptr) return false;
  open_.emplace_back().node = node;
  return true;
}

void NodeTree::Key(std::string_view key, int line) {
  Open& parent = open_.back();
  parent.key = Keep(key);
  parent.key_line = line;
  parent.has_key = true;
}

bool NodeTree::wants_key() const {
  return !open_.empty() && open_.back().node->type == NodeType::kMap && !open_.back().has_key;
}

}  // namespace sluice::manifest
