// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/watcher.h"

#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "controlplane/pushapi/documents.h"
#include "controlplane/pushapi/rejection.h"

namespace sluice::pushapi {
namespace {

constexpr int kResourceExhausted = 8;

// What a caller wants to see and may see.
struct Filter {
  std::set<std::string> kinds;  // Empty: all.
  std::string ns;
  bool may_see_secrets = false;

  bool Wants(const manifest::ObjectKey& key) const {
    if (HoldsSecrets(key.kind) && !may_see_secrets) return false;
    if (!kinds.empty() && !kinds.contains(key.kind)) return false;
    return ns.empty() || key.ns.empty() || key.ns == ns;
  }
};

push::v1::WatchResponse ToResponse(const registry::ChangeBatch& batch, const Filter& filter) {
  push::v1::WatchResponse response;
  response.set_revision(batch.revision);
  response.set_resync(batch.resync);
  for (const registry::Change& change : batch.changes) {
    if (const auto* put = std::get_if<registry::Put>(&change)) {
      if (!filter.Wants(put->entry.key)) continue;
      push::v1::WatchChange& out = *response.add_changes();
      *out.mutable_key() = ToProto(put->entry.key);
      out.set_json(put->entry.json);
      out.set_revision(put->entry.revision);
    } else if (const auto* gone = std::get_if<registry::Delete>(&change)) {
      if (filter.Wants(gone->key)) *response.add_changes()->mutable_key() = ToProto(gone->key);
    }
  }
  return response;
}

// One watch. Its callback runs on the registry's thread alone.
class Watching {
 public:
  Watching(registry::Registry& registry, registry::Revision from, Filter filter,
           std::shared_ptr<CallSink> sink)
      : filter_(std::move(filter)), sink_(std::move(sink)) {
    subscription_ =
        registry.Watch(from, [this](const registry::ChangeBatch& batch) { OnChanges(batch); });
  }

 private:
  void OnChanges(const registry::ChangeBatch& batch) {
    if (is_over_) return;
    const push::v1::WatchResponse response = ToResponse(batch, filter_);
    if (is_started_ && !response.resync() && response.changes().empty()) return;
    is_started_ = true;
    if (sink_->Send(response.SerializeAsString()) <= kMaxWaitingBytes) return;
    is_over_ = true;
    sink_->Finish({kResourceExhausted, "too slow: watch anew from the last revision", {}});
  }

  const Filter filter_;
  const std::shared_ptr<CallSink> sink_;
  bool is_started_ = false;
  bool is_over_ = false;
  std::unique_ptr<registry::Subscription> subscription_;  // Last: its callback uses the others.
};

}  // namespace

absl::StatusOr<std::shared_ptr<void>> StartWatch(registry::Registry& registry, const Caller& caller,
                                                 const push::v1::WatchRequest& request,
                                                 std::shared_ptr<CallSink> sink) {
  Filter filter;
  for (const std::string& name : request.kinds()) {
    SLUICE_ASSIGN_OR_RETURN(std::string kind, ReadKind(name));
    filter.kinds.insert(std::move(kind));
  }
  filter.ns = request.namespace_();
  filter.may_see_secrets = caller.may_write;
  return std::make_shared<Watching>(registry, request.from_revision(), std::move(filter),
                                    std::move(sink));
}

}  // namespace sluice::pushapi
