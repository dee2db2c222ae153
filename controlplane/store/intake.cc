// SPDX-License-Identifier: Apache-2.0
#include "controlplane/store/intake.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::store {
namespace {

manifest::Problem ProblemOf(const registry::Entry& entry, std::string reason) {
  manifest::Problem problem;
  problem.origin = entry.origin;
  problem.resource = entry.key.ToString();
  problem.reason = std::move(reason);
  return problem;
}

// The object of an entry, or null with what is wrong. An object that the backend has read already
// is not read again.
std::shared_ptr<const manifest::Object> Read(const registry::Entry& entry,
                                             const manifest::ParseOptions& options,
                                             std::vector<manifest::Problem>& problems) {
  if (entry.object != nullptr) return entry.object;
  manifest::ParseResult result = manifest::ParseManifests(entry.json, entry.origin.file, options);
  for (manifest::Problem& problem : result.problems) {
    // Lines are those of the stored text, which nobody has seen; the author's file is.
    problem.origin = entry.origin;
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) return nullptr;
  if (result.objects.size() != 1) {
    problems.push_back(
        ProblemOf(entry, absl::StrCat("The registry holds ", result.objects.size(),
                                      " objects under this key; it must hold one.")));
    return nullptr;
  }
  manifest::Object& object = result.objects.front();
  if (object.key != entry.key) {
    problems.push_back(ProblemOf(entry, absl::StrCat("The object stored under this key says it is ",
                                                     object.key.ToString(), ".")));
    return nullptr;
  }
  object.origin = entry.origin;
  return std::make_shared<const manifest::Object>(std::move(object));
}

}  // namespace

std::shared_ptr<const ObjectSet> Intake::Take(const registry::ChangeBatch& batch) {
  ObjectSetBuilder builder(*last_);
  Problems problems = last_->problems();
  if (batch.resync) DropAllBut(batch, builder, problems);
  for (const registry::Change& change : batch.changes) {
    if (const auto* put = std::get_if<registry::Put>(&change)) {
      TakePut(put->entry, builder, problems);
    } else if (const auto* gone = std::get_if<registry::Delete>(&change)) {
      TakeDelete(gone->key, builder, problems);
    } else if (const auto* source = std::get_if<registry::SourceProblems>(&change)) {
      problems.by_source.erase(source->source);
      if (!source->problems.empty()) problems.by_source[source->source] = source->problems;
    }
  }
  if (problems != last_->problems()) builder.SetProblems(std::move(problems));
  builder.SetRevision(batch.revision);
  last_ = std::move(builder).Build();
  return last_;
}

void Intake::TakePut(const registry::Entry& entry, ObjectSetBuilder& builder, Problems& problems) {
  const auto [given, is_new] = given_.try_emplace(entry.key, entry.revision);
  if (!is_new && given->second == entry.revision) return;
  given->second = entry.revision;
  std::vector<manifest::Problem> found;
  std::shared_ptr<const manifest::Object> object = Read(entry, options_, found);
  if (object == nullptr) {
    problems.by_object[entry.key] = std::move(found);
    return;
  }
  problems.by_object.erase(entry.key);
  builder.Put({std::move(object), entry.revision});
}

void Intake::TakeDelete(const manifest::ObjectKey& key, ObjectSetBuilder& builder,
                        Problems& problems) {
  given_.erase(key);
  problems.by_object.erase(key);
  builder.Delete(key);
}

void Intake::DropAllBut(const registry::ChangeBatch& resync, ObjectSetBuilder& builder,
                        Problems& problems) {
  problems.by_source.clear();
  std::set<manifest::ObjectKey> kept;
  for (const registry::Change& change : resync.changes) {
    if (const auto* put = std::get_if<registry::Put>(&change)) kept.insert(put->entry.key);
  }
  std::vector<manifest::ObjectKey> gone;
  for (const auto& [key, revision] : given_) {
    if (!kept.contains(key)) gone.push_back(key);
  }
  for (const manifest::ObjectKey& key : gone) TakeDelete(key, builder, problems);
}

}  // namespace sluice::store
