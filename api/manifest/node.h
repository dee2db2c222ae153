// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/read_limits.h"

namespace sluice::manifest {

enum class NodeType { kNull, kBool, kInt, kFloat, kString, kMap, kList };

// "a mapping", "a string", ...
std::string_view NameOf(NodeType type);

// One value of a document; children are a linked list in the order of the text.
struct Node {
  NodeType type = NodeType::kNull;
  int line = 0;
  int key_line = 0;
  std::string_view key;   // in a mapping
  std::string_view text;  // of a scalar, as written
  const Node* first_child = nullptr;
  const Node* next = nullptr;

  // The member of a mapping, or null. The first one, where a key stands twice.
  const Node* Find(std::string_view key) const;
};

// A NodeTree is one document, as the YAML and JSON parsers report it: types and lines, no meaning.
//
// It exists because apiVersion and kind, which say how to read the rest, may stand anywhere in a
// document.
//
// Call order: one value, where value = Scalar | StartMap {Key value} EndMap | StartList {value}
// EndList. A call that answers false ends the document; error() says why.
//
// Thread:   one.
// Lifetime: owns all that root() reaches.
// Limits:   limits.max_depth and max_nodes.
class NodeTree {
 public:
  explicit NodeTree(const ReadLimits& limits) : limits_(limits) {}
  NodeTree(const NodeTree&) = delete;
  NodeTree& operator=(const NodeTree&) = delete;

  [[nodiscard]] bool Scalar(NodeType type, std::string_view text, int line);
  [[nodiscard]] bool StartMap(int line) { return Start(NodeType::kMap, line); }
  [[nodiscard]] bool StartList(int line) { return Start(NodeType::kList, line); }
  void Key(std::string_view key, int line);
  void End() { open_.pop_back(); }

  // True if the innermost open value is a mapping that waits for a key.
  bool wants_key() const;

  // Null before the first value.
  const Node* root() const { return nodes_.empty() ? nullptr : &nodes_.front(); }
  const std::string& error() const { return error_; }

 private:
  struct Open {
    Node* node = nullptr;
    Node* last_child = nullptr;
    bool has_key = false;
    std::string_view key;
    int key_line = 0;
  };

  bool Start(NodeType type, int line);
  Node* Add(NodeType type, int line);
  std::string_view Keep(std::string_view text);

  const ReadLimits& limits_;
  std::pmr::monotonic_buffer_resource text_;
  std::deque<Node> nodes_;
  std::vector<Open> open_;
  std::string error_;
};

}  // namespace sluice::manifest
