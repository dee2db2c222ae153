// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "api/manifest/manifest.h"
#include "controlplane/registry/change.h"
#include "controlplane/store/object_set.h"

namespace sluice::store {

// Intake reads what the registry gives into ObjectSets, one after the other.
//
// An object that does not read keeps its last good version, if there was one since the start; the
// problems say so. After a resync, objects at the revision they had are not read again, and are the
// same ones as before.
//
// Thread: one.
// Errors: in the set's problems.
class Intake {
 public:
  explicit Intake(manifest::ParseOptions options) : options_(std::move(options)) {}

  // The set after the batch.
  std::shared_ptr<const ObjectSet> Take(const registry::ChangeBatch& batch);

 private:
  void TakePut(const registry::Entry& entry, ObjectSetBuilder& builder, Problems& problems);
  void TakeDelete(const manifest::ObjectKey& key, ObjectSetBuilder& builder, Problems& problems);
  void DropAllBut(const registry::ChangeBatch& resync, ObjectSetBuilder& builder,
                  Problems& problems);

  const manifest::ParseOptions options_;
  std::shared_ptr<const ObjectSet> last_ = std::make_shared<const ObjectSet>();
  // The revision that the registry last gave of each object, whether it could be read or not.
  std::map<manifest::ObjectKey, registry::Revision> given_;
};

}  // namespace sluice::store
