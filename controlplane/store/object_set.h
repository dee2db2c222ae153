// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/kinds.h"
#include "api/manifest/object.h"
#include "api/manifest/origin.h"
#include "controlplane/registry/change.h"
#include "controlplane/store/kind_set.h"

namespace sluice::store {

// What is wrong with what the registry gave, whether or not it keeps something from being served.
struct Problems {
  // Of the registry's sources: a file that does not parse.
  std::map<std::string, std::vector<manifest::Problem>> by_source;
  // Of objects that are stored but are not valid alone: written by an older or newer release, or
  // past us. The last good version, if there is one, is in the set.
  std::map<manifest::ObjectKey, std::vector<manifest::Problem>> by_object;

  bool operator==(const Problems&) const = default;
};

// The kind that T is the message of: "HTTPRoute".
template <typename T>
std::string_view KindOf() {
  static const std::string_view kind = manifest::FindKindOf(T::default_instance())->kind;
  return kind;
}

// An object of a known kind.
template <typename T>
struct Typed {
  const manifest::Object& object;
  const T& body;
};

// All objects of one kind in key order; a view into its ObjectSet.
template <typename T>
class TypedRange {
 public:
  class Iterator {
   public:
    explicit Iterator(KindSet::Iterator it) : it_(it) {}
    Typed<T> operator*() const {
      const manifest::Object& object = *it_->object;
      return {object, static_cast<const T&>(*object.body)};
    }
    Iterator& operator++() {
      ++it_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    KindSet::Iterator it_;
  };

  explicit TypedRange(const KindSet& set) : set_(set) {}
  Iterator begin() const { return Iterator(set_.begin()); }
  Iterator end() const { return Iterator(set_.end()); }
  size_t size() const { return set_.size(); }

 private:
  const KindSet& set_;
};

// ObjectSet is all the objects at one revision, each valid alone. What they mean together
// (references, attachment, conflicts) it does not know, and it keeps no index but the key.
//
// Invariant: an object's body is of the message type of its key's kind.
//
// Thread:   immutable: any.
// Lifetime: what it gives out lives as long as it does.
// Errors:   none; what is not there is null.
// Limits:   the registry's.
class ObjectSet {
 public:
  ObjectSet() = default;

  registry::Revision revision() const { return revision_; }
  size_t size() const;

  template <typename T>
  const T* Find(std::string_view ns, std::string_view name) const {
    const StoredObject* stored = OfKind(KindOf<T>()).Find(ns, name);
    return stored == nullptr ? nullptr : static_cast<const T*>(stored->object->body.get());
  }
  template <typename T>
  TypedRange<T> All() const {
    return TypedRange<T>(OfKind(KindOf<T>()));
  }

  // The same without the type.
  const StoredObject* Find(const manifest::ObjectKey& key) const {
    return OfKind(key.kind).Find(key.ns, key.name);
  }
  const KindSet& OfKind(std::string_view kind) const;
  // Of which there are objects, in order.
  std::vector<std::string_view> Kinds() const;

  const Problems& problems() const;

 private:
  friend class ObjectSetBuilder;
  friend struct Delta DiffOf(const ObjectSet& before, const ObjectSet& after);

  registry::Revision revision_ = 0;
  std::map<std::string, std::shared_ptr<const KindSet>, std::less<>> kinds_;
  std::shared_ptr<const Problems> problems_;  // Null: none.
};

// What differs between two sets, each list in key order.
struct Delta {
  std::vector<manifest::ObjectKey> changed;
  std::vector<manifest::ObjectKey> removed;
  bool problems_changed = false;
};

// Costs what differs, plus a look at each chunk.
Delta DiffOf(const ObjectSet& before, const ObjectSet& after);

// Makes a new ObjectSet out of another one: for the store, for dry runs ("what if"), and offline,
// out of files.
//
// Thread: its owner's.
class ObjectSetBuilder {
 public:
  // From nothing, or from `base`, which it copies what it shares of.
  ObjectSetBuilder() = default;
  explicit ObjectSetBuilder(const ObjectSet& base) : result_(base) {}

  // The last word on a key counts.
  void Put(StoredObject stored);
  void Delete(const manifest::ObjectKey& key);
  void SetProblems(Problems problems);
  void SetRevision(registry::Revision revision) { result_.revision_ = revision; }

  // Ends the building.
  std::shared_ptr<const ObjectSet> Build() &&;

 private:
  ObjectSet result_;
  std::map<std::string, KindSet::Edits, std::less<>> edits_;
};

}  // namespace sluice::store
