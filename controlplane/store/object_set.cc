// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/object_set.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/no_destructor.h"
#include "absl/log/check.h"

namespace sluice::store {

size_t ObjectSet::size() const {
  size_t size = 0;
  for (const auto& [kind, set] : kinds_) size += set->size();
  return size;
}

const KindSet& ObjectSet::OfKind(std::string_view kind) const {
  static const absl::NoDestructor<KindSet> kEmpty;
  const auto it = kinds_.find(kind);
  return it == kinds_.end() ? *kEmpty : *it->second;
}

std::vector<std::string_view> ObjectSet::Kinds() const {
  std::vector<std::string_view> kinds;
  for (const auto& [kind, set] : kinds_) kinds.push_back(kind);
  return kinds;
}

const Problems& ObjectSet::problems() const {
  static const absl::NoDestructor<Problems> kNone;
  return problems_ == nullptr ? *kNone : *problems_;
}

Delta DiffOf(const ObjectSet& before, const ObjectSet& after) {
  std::set<std::string_view> kinds;
  for (const auto& [kind, set] : before.kinds_) kinds.insert(kind);
  for (const auto& [kind, set] : after.kinds_) kinds.insert(kind);
  KindSet::Difference difference;
  for (std::string_view kind : kinds) {
    const KindSet& a = before.OfKind(kind);
    const KindSet& b = after.OfKind(kind);
    if (&a != &b) KindSet::Diff(a, b, difference);
  }
  return {.changed = std::move(difference.changed),
          .removed = std::move(difference.removed),
          .problems_changed =
              before.problems_ != after.problems_ && before.problems() != after.problems()};
}

void ObjectSetBuilder::Put(StoredObject stored) {
  DCHECK(manifest::FindKindOf(*stored.object->body) != nullptr);
  DCHECK_EQ(manifest::FindKindOf(*stored.object->body)->kind, stored.object->key.kind);
  manifest::ObjectKey key = stored.object->key;
  std::string kind = key.kind;
  edits_[std::move(kind)].insert_or_assign(std::move(key), std::move(stored));
}

void ObjectSetBuilder::Delete(const manifest::ObjectKey& key) {
  edits_[key.kind].insert_or_assign(key, std::nullopt);
}

void ObjectSetBuilder::SetProblems(Problems problems) {
  result_.problems_ = std::make_shared<const Problems>(std::move(problems));
}

std::shared_ptr<const ObjectSet> ObjectSetBuilder::Build() && {
  for (const auto& [kind, edits] : edits_) {
    KindSet edited = result_.OfKind(kind).With(edits);
    if (edited.size() == 0) {
      result_.kinds_.erase(kind);
    } else {
      result_.kinds_[kind] = std::make_shared<const KindSet>(std::move(edited));
    }
  }
  return std::make_shared<const ObjectSet>(std::move(result_));
}

}  // namespace sluice::store
