// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/prefix_tree.h"

#include <algorithm>

namespace sluice::router {
namespace {

bool ByByte(const std::pair<char, uint32_t>& child, char first) { return child.first < first; }

size_t CommonSize(std::string_view a, std::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + limit, b.begin()).first -
                             a.begin());
}

}  // namespace

uint32_t PrefixTree::FindChild(const Node& node, char first) {
  auto it = std::lower_bound(node.children.begin(), node.children.end(), first, ByByte);
  return it != node.children.end() && it->first == first ? it->second : 0;
}

uint32_t PrefixTree::AddChild(uint32_t parent, std::string_view label) {
  const uint32_t child = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back().label = label;
  auto& children = nodes_[parent].children;
  auto it = std::lower_bound(children.begin(), children.end(), label[0], ByByte);
  children.emplace(it, label[0], child);
  return child;
}

uint32_t PrefixTree::Split(uint32_t parent, uint32_t child, size_t size) {
  const uint32_t middle = static_cast<uint32_t>(nodes_.size());
  Node& added = nodes_.emplace_back();
  Node& below = nodes_[child];
  added.label = below.label.substr(0, size);
  below.label.erase(0, size);
  added.children.emplace_back(below.label[0], child);
  auto& children = nodes_[parent].children;
  std::lower_bound(children.begin(), children.end(), added.label[0], ByByte)->second = middle;
  return middle;
}

uint32_t PrefixTree::Insert(std::string_view key) {
  uint32_t at = 0;
  while (!key.empty()) {
    uint32_t child = FindChild(nodes_[at], key[0]);
    if (child == 0) {
      at = AddChild(at, key);
      break;
    }
    const size_t common = CommonSize(nodes_[child].label, key);
    if (common < nodes_[child].label.size()) child = Split(at, child, common);
    key.remove_prefix(common);
    at = child;
  }
  if (nodes_[at].slot == kNoSlot) nodes_[at].slot = slots_++;
  return nodes_[at].slot;
}

}  // namespace sluice::router
