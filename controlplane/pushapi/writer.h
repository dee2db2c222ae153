// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "api/manifest/object.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/pushapi/propagation.h"
#include "controlplane/registry/registry.h"
#include "controlplane/resolve/verdict.h"
#include "controlplane/status/board.h"
#include "controlplane/store/store.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// What all objects would mean together: resolve and translate, as a pure function.
using Judge = std::function<resolve::Verdicts(std::shared_ptr<const store::ObjectSet> objects)>;

// What is wrong with one object's contents that its types do not tell: a Secret's certificate.
using Examine = std::function<std::vector<manifest::Problem>(const manifest::Object& object)>;

// Writer changes the registry, in transactions.
//
// Each object is written on the condition that the stored one is still what the writer saw of it
// (the registry's compare-and-swap), and the whole is tried anew where it is not; so two writers
// never mix, and creation time and generation are right.
//
// A change is answered when its effect is known here: what was read after it holds it, and its
// warnings are those of resolve. It does not wait for proxies; that is Propagation's.
//
// Thread:   any; blocks on the registry's disk, and up to kEffectTimeout for the effect.
// Lifetime: what it is given outlives it.
// Errors:   as rpc Apply and Delete; those of Registry::Apply pass.
// Limits:   the registry's, and manifest::ReadLimits.
class Writer {
 public:
  static constexpr absl::Duration kEffectTimeout = absl::Seconds(10);

  Writer(registry::Registry& registry, store::Store& store, status::Board& board,
         Propagation& propagation, Judge judge, Examine examine, std::function<absl::Time()> clock);

  absl::StatusOr<push::v1::ApplyResponse> Apply(const Caller& caller,
                                                const push::v1::ApplyRequest& request);
  absl::StatusOr<push::v1::DeleteResponse> Delete(const Caller& caller,
                                                  const push::v1::DeleteRequest& request);
  absl::StatusOr<push::v1::DiffResponse> Diff(const push::v1::DiffRequest& request);

 private:
  // A transaction, and the objects of its puts as they are to be stored.
  struct Plan {
    registry::Transaction transaction;
    std::vector<manifest::Object> objects;
    std::shared_ptr<const store::ObjectSet> base;
  };
  // Makes a plan from what is stored now.
  using Planner = std::function<absl::StatusOr<Plan>(std::shared_ptr<const store::ObjectSet>)>;

  absl::StatusOr<Plan> PlanApply(const std::vector<manifest::Object>& objects,
                                 std::shared_ptr<const store::ObjectSet> base) const;
  // Plans and applies until no other writer comes between. Returns what was planned last.
  absl::StatusOr<registry::ApplyResult> Commit(const Planner& planner, Plan& plan);
  // Makes what a commit has done visible to reads.
  void AwaitEffect(registry::Revision revision, absl::Time since);
  // What there is to say of the objects without looking at others.
  std::vector<manifest::Problem> OwnProblems(const std::vector<manifest::Object>& objects) const;
  std::vector<manifest::Problem> Preview(const Plan& plan) const;
  std::vector<manifest::Problem> Warnings(const std::vector<manifest::Object>& objects) const;

  registry::Registry& registry_;
  store::Store& store_;
  status::Board& board_;
  Propagation& propagation_;
  const Judge judge_;
  const Examine examine_;
  const std::function<absl::Time()> clock_;
};

}  // namespace sluice::pushapi
