// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::router {

// A PrefixTree is a radix tree of strings. It answers which of its keys a text begins with, in time
// that depends on the text and not on the number of keys.
//
// Thread:   filled by one, then read by any.
// Errors:   none.
// Limits:   a node or two of about 64 bytes per key.
class PrefixTree {
 public:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  PrefixTree() : nodes_(1) {}

  // The slot of `key`: 0 for the first key, 1 for the next new one, and so on.
  uint32_t Insert(std::string_view key);

  // How many slots there are.
  uint32_t size() const { return slots_; }

  // Calls visit(slot, key_size) for every key that `text` begins with, shortest first.
  template <typename Visit>
  void VisitPrefixes(std::string_view text, Visit visit) const {
    uint32_t at = 0;
    size_t depth = 0;
    while (true) {
      const Node& node = nodes_[at];
      if (node.slot != kNoSlot) visit(node.slot, depth);
      if (depth == text.size()) return;
      at = FindChild(node, text[depth]);
      if (at == 0) return;  // The root is nobody's child.
      const std::string& label = nodes_[at].label;
      if (text.substr(depth, label.size()) != label) return;
      depth += label.size();
    }
  }

 private:
  struct Node {
    std::string label;  // What leads here from the parent; empty for the root.
    std::vector<std::pair<char, uint32_t>> children;  // By first byte of their label, sorted.
    uint32_t slot = kNoSlot;
  };

  static uint32_t FindChild(const Node& node, char first);
  uint32_t AddChild(uint32_t parent, std::string_view label);
  // Makes `child` (a child of `parent`) end after `size` bytes of its label.
  uint32_t Split(uint32_t parent, uint32_t child, size_t size);

  std::vector<Node> nodes_;
  uint32_t slots_ = 0;
};

}  // namespace sluice::router
