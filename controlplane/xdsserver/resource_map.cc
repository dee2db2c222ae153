// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/resource_map.h"

#include <algorithm>
#include <utility>

#include "controlplane/xdsserver/content_hash.h"

namespace sluice::xdsserver {

struct ResourceMap::Node {
  size_t size = 0;
  uint64_t fingerprint = 0;
  std::vector<ResourcePtr> entries;  // a leaf's, sorted by name
  std::vector<NodePtr> kids;         // a branch's: kFanOut of them, null where empty

  [[nodiscard]] bool is_leaf() const { return kids.empty(); }
};

namespace {

using Node = ResourceMap::Node;
using NodePtr = ResourceMap::NodePtr;

constexpr size_t kLeafSize = 16;
constexpr size_t kFanOut = 16;
// Below this depth the 64 bits of the hash are used up, and a leaf may grow beyond kLeafSize.
constexpr int kMaxDepth = 16;

uint64_t EntryHash(const Resource& resource) {
  // One multiply-xorshift round of splitmix64 over both: cheap, and swaps do not cancel out.
  uint64_t x = resource.name_hash + 0x9e3779b97f4a7c15 * (resource.version | 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

size_t Slot(uint64_t hash, int depth) { return hash >> (4 * depth) & (kFanOut - 1); }

auto LowerBound(const std::vector<ResourcePtr>& entries, std::string_view name) {
  return std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const ResourcePtr& entry, std::string_view key) { return entry->name < key; });
}

const ResourcePtr* FindInLeaf(const Node& leaf, std::string_view name) {
  const auto it = LowerBound(leaf.entries, name);
  return it != leaf.entries.end() && (*it)->name == name ? &*it : nullptr;
}

NodePtr MakeLeaf(std::vector<ResourcePtr> entries) {
  if (entries.empty()) return nullptr;
  auto node = std::make_shared<Node>();
  node->size = entries.size();
  for (const ResourcePtr& entry : entries) node->fingerprint += EntryHash(*entry);
  node->entries = std::move(entries);
  return node;
}

NodePtr MakeBranch(std::vector<NodePtr> kids) {
  auto node = std::make_shared<Node>();
  for (const NodePtr& kid : kids) {
    if (kid == nullptr) continue;
    node->size += kid->size;
    node->fingerprint += kid->fingerprint;
  }
  node->kids = std::move(kids);
  return node;
}

// `entries` are sorted by name. Keeps invariant 1 on the way down.
NodePtr MakeTree(std::vector<ResourcePtr> entries, int depth) {
  if (entries.size() <= kLeafSize || depth == kMaxDepth) return MakeLeaf(std::move(entries));
  std::vector<std::vector<ResourcePtr>> slots(kFanOut);
  for (ResourcePtr& entry : entries) {
    const size_t slot = Slot(entry->name_hash, depth);
    slots[slot].push_back(std::move(entry));
  }
  std::vector<NodePtr> kids(kFanOut);
  for (size_t i = 0; i < kFanOut; ++i) kids[i] = MakeTree(std::move(slots[i]), depth + 1);
  return MakeBranch(std::move(kids));
}

void Visit(const NodePtr& node, absl::FunctionRef<void(const ResourcePtr&)> visit) {
  if (node == nullptr) return;
  for (const ResourcePtr& entry : node->entries) visit(entry);
  for (const NodePtr& kid : node->kids) Visit(kid, visit);
}

NodePtr Insert(const NodePtr& node, int depth, ResourcePtr resource) {
  if (node == nullptr) return MakeLeaf({std::move(resource)});
  if (node->is_leaf()) {
    std::vector<ResourcePtr> entries = node->entries;
    const auto at = entries.begin() + (LowerBound(entries, resource->name) - entries.cbegin());
    if (at != entries.end() && (*at)->name == resource->name) {
      *at = std::move(resource);
    } else {
      entries.insert(at, std::move(resource));
    }
    return MakeTree(std::move(entries), depth);
  }
  std::vector<NodePtr> kids = node->kids;
  NodePtr& kid = kids[Slot(resource->name_hash, depth)];
  kid = Insert(kid, depth + 1, std::move(resource));
  return MakeBranch(std::move(kids));
}

// Turns a branch that has become small into the leaf that invariant 2 asks for.
NodePtr Settle(NodePtr node) {
  if (node->is_leaf() || node->size > kLeafSize) return node;
  std::vector<ResourcePtr> entries;
  Visit(node, [&entries](const ResourcePtr& entry) { entries.push_back(entry); });
  std::sort(entries.begin(), entries.end(),
            [](const ResourcePtr& a, const ResourcePtr& b) { return a->name < b->name; });
  return MakeLeaf(std::move(entries));
}

NodePtr Erase(const NodePtr& node, int depth, std::string_view name, uint64_t hash) {
  if (node == nullptr) return nullptr;
  if (node->is_leaf()) {
    const auto it = LowerBound(node->entries, name);
    if (it == node->entries.end() || (*it)->name != name) return node;
    std::vector<ResourcePtr> entries = node->entries;
    entries.erase(entries.begin() + (it - node->entries.begin()));
    return MakeLeaf(std::move(entries));
  }
  const size_t slot = Slot(hash, depth);
  NodePtr kid = Erase(node->kids[slot], depth + 1, name, hash);
  if (kid == node->kids[slot]) return node;
  std::vector<NodePtr> kids = node->kids;
  kids[slot] = std::move(kid);
  return Settle(MakeBranch(std::move(kids)));
}

const ResourcePtr* FindIn(const Node* node, int depth, std::string_view name, uint64_t hash) {
  for (; node != nullptr; ++depth) {
    if (node->is_leaf()) return FindInLeaf(*node, name);
    node = node->kids[Slot(hash, depth)].get();
  }
  return nullptr;
}

using DiffVisitor = absl::FunctionRef<void(const ResourcePtr*, const ResourcePtr*)>;

void DiffNodes(const NodePtr& from, const NodePtr& to, int depth, DiffVisitor visit) {
  if (from == to) return;
  if (from != nullptr && to != nullptr && !from->is_leaf() && !to->is_leaf()) {
    for (size_t i = 0; i < kFanOut; ++i) DiffNodes(from->kids[i], to->kids[i], depth + 1, visit);
    return;
  }
  // One side is small, or missing: look each entry of either up in the other.
  Visit(from, [&](const ResourcePtr& before) {
    const ResourcePtr* after = FindIn(to.get(), depth, before->name, before->name_hash);
    if (after == nullptr || (*after)->version != before->version) visit(&before, after);
  });
  Visit(to, [&](const ResourcePtr& after) {
    if (FindIn(from.get(), depth, after->name, after->name_hash) == nullptr) visit(nullptr, &after);
  });
}

}  // namespace

ResourcePtr MakeResource(std::string name, std::string value, std::vector<ResourceRef> follows) {
  auto resource = std::make_shared<Resource>();
  resource->name_hash = ContentHash(name);
  resource->name = std::move(name);
  resource->version = ContentHash(value);
  resource->value = std::make_shared<const std::string>(std::move(value));
  resource->follows = std::move(follows);
  return resource;
}

ResourcePtr MakeTrace(std::string name, uint64_t version) {
  auto resource = std::make_shared<Resource>();
  resource->name_hash = ContentHash(name);
  resource->name = std::move(name);
  resource->version = version;
  return resource;
}

size_t ResourceMap::size() const { return root_ == nullptr ? 0 : root_->size; }

uint64_t ResourceMap::fingerprint() const { return root_ == nullptr ? 0 : root_->fingerprint; }

const ResourcePtr* ResourceMap::Find(std::string_view name) const {
  return FindIn(root_.get(), 0, name, ContentHash(name));
}

ResourceMap ResourceMap::With(ResourcePtr resource) const {
  return ResourceMap(Insert(root_, 0, std::move(resource)));
}

ResourceMap ResourceMap::Without(std::string_view name) const {
  return ResourceMap(Erase(root_, 0, name, ContentHash(name)));
}

void ResourceMap::ForEach(absl::FunctionRef<void(const ResourcePtr&)> visit) const {
  Visit(root_, visit);
}

void ResourceMap::Diff(const ResourceMap& from, const ResourceMap& to, DiffVisitor visit) {
  DiffNodes(from.root_, to.root_, 0, visit);
}

}  // namespace sluice::xdsserver
