// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/resolve/topic_index.h"
#include "controlplane/store/object_set.h"

namespace sluice::resolve {

// Names what a reference points at; group and kind as its author gave them, defaults filled in.
struct Reference {
  std::string group;
  std::string kind;
  std::string ns;
  std::string name;

  // "Service shop/cart".
  std::string ToString() const { return kind + " " + ns + "/" + name; }
};

// Facts is the read side of the objects for one piece of resolving: it answers, and remembers what
// it was asked, so that the piece is done again when an answer may have changed. A question about
// what is not there is remembered as well.
//
// Thread:   its owner's.
// Lifetime: the objects and the index outlive it.
// Errors:   none; what is not there is null.
class Facts {
 public:
  Facts(const store::ObjectSet& objects, const TopicIndex& topics)
      : objects_(objects), topics_(topics) {}

  template <typename T>
  const T* Find(std::string_view ns, std::string_view name) {
    asked_.insert({std::string(store::KindOf<T>()), std::string(ns), std::string(name)});
    return objects_.Find<T>(ns, name);
  }

  bool Exists(const manifest::ObjectKey& key) {
    asked_.insert(key);
    return objects_.Find(key) != nullptr;
  }

  const std::set<manifest::ObjectKey>& Members(const manifest::ObjectKey& topic) {
    asked_.insert(topic);
    return topics_.Members(topic);
  }

  // True if an object of group, kind and namespace `from` may refer to `to`: it is in its own
  // namespace, or a ReferenceGrant there says so.
  bool MayRefer(const Reference& from, const Reference& to);

  // The policy of type T that governs `target` as a whole (empty section) or exactly this section
  // of it: the oldest, then the first by name. Null: none.
  template <typename T>
  const T* FindPolicy(const manifest::ObjectKey& target, std::string_view section);

  std::set<manifest::ObjectKey> TakeAsked() { return std::move(asked_); }

 private:
  const store::ObjectSet& objects_;
  const TopicIndex& topics_;
  std::set<manifest::ObjectKey> asked_;
};

// When an object was made; the far future if that is not known.
absl::Time CreatedAt(const google::protobuf::Message& body);

// The API group of a kind that we know; empty for Kubernetes' own and for what we do not know.
std::string_view GroupOf(std::string_view kind);

template <typename T>
const T* Facts::FindPolicy(const manifest::ObjectKey& target, std::string_view section) {
  const T* best = nullptr;
  for (const manifest::ObjectKey& key : Members(PoliciesOf(target))) {
    if (key.kind != store::KindOf<T>()) continue;
    const T* policy = Find<T>(key.ns, key.name);
    for (const auto& ref : policy->spec().target_refs()) {
      if (ref.kind() != target.kind || ref.name() != target.name || ref.section_name() != section ||
          ref.group() != GroupOf(target.kind)) {
        continue;
      }
      // Members come by name, so that a later one wins by age alone.
      if (best == nullptr || CreatedAt(*policy) < CreatedAt(*best)) best = policy;
    }
  }
  return best;
}

}  // namespace sluice::resolve
