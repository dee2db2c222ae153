// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/manifest/unsupported.h"
#include "api/manifest/writer.h"
#include "base/status_macros.h"
#include "controlplane/pushapi/documents.h"
#include "controlplane/pushapi/rejection.h"
#include "controlplane/pushapi/stamp.h"
#include "controlplane/status/verdict_problems.h"

namespace sluice::pushapi {
namespace {

constexpr int kMaxAttempts = 8;

push::v1::Outcome OutcomeOf(registry::Outcome outcome) {
  switch (outcome) {
    case registry::Outcome::kCreated:
      return push::v1::OUTCOME_CREATED;
    case registry::Outcome::kUpdated:
      return push::v1::OUTCOME_CONFIGURED;
    case registry::Outcome::kUnchanged:
      return push::v1::OUTCOME_UNCHANGED;
    case registry::Outcome::kDeleted:
      return push::v1::OUTCOME_DELETED;
    case registry::Outcome::kAbsent:
      return push::v1::OUTCOME_ABSENT;
  }
  return push::v1::OUTCOME_UNSPECIFIED;
}

push::v1::ObjectResult ResultOf(const manifest::ObjectKey& key, registry::Outcome outcome,
                                registry::Revision revision) {
  push::v1::ObjectResult result;
  *result.mutable_key() = ToProto(key);
  result.set_outcome(OutcomeOf(outcome));
  result.set_revision(revision);
  return result;
}

absl::Status NotReadYet() {
  return absl::UnavailableError("The registry has not been read yet; try again.");
}

}  // namespace

Writer::Writer(registry::Registry& registry, store::Store& store, status::Board& board,
               Propagation& propagation, Judge judge, Examine examine,
               std::function<absl::Time()> clock)
    : registry_(registry),
      store_(store),
      board_(board),
      propagation_(propagation),
      judge_(std::move(judge)),
      examine_(std::move(examine)),
      clock_(std::move(clock)) {}

absl::StatusOr<push::v1::ApplyResponse> Writer::Apply(const Caller& caller,
                                                      const push::v1::ApplyRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<manifest::Object> objects,
                          ReadDocuments(request.documents(), request.default_namespace()));
  if (objects.empty()) return absl::InvalidArgumentError("The documents hold no object.");
  std::vector<manifest::Problem> preview;
  Plan plan;
  const absl::Time since = clock_();
  const Planner planner =
      [&](std::shared_ptr<const store::ObjectSet> base) -> absl::StatusOr<Plan> {
    SLUICE_ASSIGN_OR_RETURN(Plan next, PlanApply(objects, std::move(base)));
    next.transaction.dry_run = request.dry_run();
    next.transaction.author = caller.name;
    next.transaction.message = request.message();
    if (request.strict() || request.dry_run()) preview = Preview(next);
    if (request.strict() && !preview.empty()) {
      return Rejected(absl::StatusCode::kFailedPrecondition, preview);
    }
    return next;
  };
  SLUICE_ASSIGN_OR_RETURN(const registry::ApplyResult result, Commit(planner, plan));
  if (!request.dry_run()) AwaitEffect(result.revision, since);
  push::v1::ApplyResponse response;
  response.set_revision(result.revision);
  for (size_t i = 0; i < plan.objects.size(); ++i) {
    const manifest::ObjectKey& key = plan.objects[i].key;
    const store::StoredObject* stored = plan.base->Find(key);
    const bool is_as_before =
        result.outcomes[i] == registry::Outcome::kUnchanged && stored != nullptr;
    *response.add_results() =
        ResultOf(key, result.outcomes[i], is_as_before ? stored->revision : result.revision);
  }
  for (const manifest::Problem& warning : request.dry_run() ? preview : Warnings(plan.objects)) {
    *response.add_warnings() = ToProto(warning);
  }
  return response;
}

absl::StatusOr<push::v1::DeleteResponse> Writer::Delete(const Caller& caller,
                                                        const push::v1::DeleteRequest& request) {
  std::vector<manifest::ObjectKey> keys;
  for (const push::v1::ObjectKey& key : request.keys()) {
    SLUICE_ASSIGN_OR_RETURN(manifest::ObjectKey read, ReadKey(key));
    keys.push_back(std::move(read));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::vector<manifest::Object> objects,
                          ReadDocuments(request.documents(), request.default_namespace()));
  for (const manifest::Object& object : objects) keys.push_back(object.key);
  if (keys.empty()) return absl::InvalidArgumentError("Nothing is named that is to be deleted.");
  Plan plan;
  const absl::Time since = clock_();
  const Planner planner =
      [&](std::shared_ptr<const store::ObjectSet> base) -> absl::StatusOr<Plan> {
    Plan next;
    next.transaction.deletes = keys;
    next.transaction.dry_run = request.dry_run();
    next.transaction.author = caller.name;
    next.transaction.message = request.message();
    next.base = std::move(base);
    return next;
  };
  SLUICE_ASSIGN_OR_RETURN(const registry::ApplyResult result, Commit(planner, plan));
  if (!request.dry_run()) AwaitEffect(result.revision, since);
  push::v1::DeleteResponse response;
  response.set_revision(result.revision);
  for (size_t i = 0; i < keys.size(); ++i) {
    *response.add_results() = ResultOf(keys[i], result.outcomes[i], 0);
  }
  return response;
}

absl::StatusOr<push::v1::DiffResponse> Writer::Diff(const push::v1::DiffRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<manifest::Object> objects,
                          ReadDocuments(request.documents(), request.default_namespace()));
  const std::shared_ptr<const store::ObjectSet> base = store_.Current();
  if (base == nullptr) return NotReadYet();
  push::v1::DiffResponse response;
  for (const manifest::Object& object : objects) {
    push::v1::ObjectDiff& diff = *response.add_diffs();
    *diff.mutable_key() = ToProto(object.key);
    diff.set_after(manifest::ToYaml(Unstamp(object)));
    const store::StoredObject* stored = base->Find(object.key);
    if (stored != nullptr) diff.set_before(manifest::ToYaml(Unstamp(*stored->object)));
    diff.set_outcome(stored == nullptr               ? push::v1::OUTCOME_CREATED
                     : diff.before() == diff.after() ? push::v1::OUTCOME_UNCHANGED
                                                     : push::v1::OUTCOME_CONFIGURED);
  }
  return response;
}

absl::StatusOr<Writer::Plan> Writer::PlanApply(const std::vector<manifest::Object>& objects,
                                               std::shared_ptr<const store::ObjectSet> base) const {
  Plan plan;
  for (const manifest::Object& given : objects) {
    const store::StoredObject* stored = base->Find(given.key);
    const registry::Revision revision = stored == nullptr ? 0 : stored->revision;
    SLUICE_ASSIGN_OR_RETURN(
        manifest::Object object,
        Stamp(given, stored == nullptr ? nullptr : stored->object.get(), revision, clock_()));
    // A stored object that does not parse is not in the set, but is there; it may be overwritten.
    if (!base->problems().by_object.contains(given.key)) {
      plan.transaction.preconditions.push_back({given.key, revision});
    }
    plan.transaction.puts.push_back({object.key, manifest::ToJson(object), object.origin});
    plan.objects.push_back(std::move(object));
  }
  plan.base = std::move(base);
  return plan;
}

absl::StatusOr<registry::ApplyResult> Writer::Commit(const Planner& planner, Plan& plan) {
  absl::StatusOr<registry::ApplyResult> result = NotReadYet();
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    std::shared_ptr<const store::ObjectSet> base = store_.Current();
    if (base == nullptr) return NotReadYet();
    const registry::Revision seen = base->revision();
    SLUICE_ASSIGN_OR_RETURN(plan, planner(std::move(base)));
    result = registry_.Apply(plan.transaction);
    if (!absl::IsAborted(result.status())) return result;
    // Another writer was faster, or we have not heard yet of what it did.
    (void)board_.AwaitRevision(seen + 1, absl::Seconds(1));
  }
  return result;
}

void Writer::AwaitEffect(registry::Revision revision, absl::Time since) {
  propagation_.NoteApplied(revision, since);
  (void)board_.AwaitRevision(revision, kEffectTimeout);
}

std::vector<manifest::Problem> Writer::OwnProblems(
    const std::vector<manifest::Object>& objects) const {
  std::vector<manifest::Problem> problems;
  for (const manifest::Object& object : objects) {
    for (const auto& found : {manifest::FindUnsupported(object), examine_(object)}) {
      problems.insert(problems.end(), found.begin(), found.end());
    }
  }
  return problems;
}

std::vector<manifest::Problem> Writer::Preview(const Plan& plan) const {
  store::ObjectSetBuilder builder(*plan.base);
  for (const manifest::Object& object : plan.objects) {
    builder.Put({std::make_shared<const manifest::Object>(object), plan.base->revision() + 1});
  }
  const resolve::Verdicts verdicts = judge_(std::move(builder).Build());
  std::vector<manifest::Problem> problems = OwnProblems(plan.objects);
  for (const manifest::Object& object : plan.objects) {
    const auto verdict = verdicts.find(object.key);
    if (verdict != verdicts.end()) status::AppendProblems(object, verdict->second, &problems);
  }
  return problems;
}

std::vector<manifest::Problem> Writer::Warnings(
    const std::vector<manifest::Object>& objects) const {
  std::vector<manifest::Problem> problems = OwnProblems(objects);
  for (const manifest::Object& object : objects) {
    const std::optional<status::BoardEntry> entry = board_.Find(object.key);
    if (entry.has_value()) status::AppendProblems(object, entry->verdict, &problems);
  }
  return problems;
}

}  // namespace sluice::pushapi
