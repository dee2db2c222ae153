// SPDX-License-Identifier: Apache-2.0
#include "controlplane/main/config_flow.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"

namespace sluice::control {
namespace {

// A folder of broken files would fill the log with each change of one of them.
constexpr size_t kMaxLoggedProblems = 50;

std::string GroupOf(const manifest::ObjectKey& gateway) {
  return absl::StrCat(gateway.ns, "/", gateway.name);
}

void LogProblems(const store::Problems& problems) {
  size_t logged = 0;
  const auto log = [&](const std::vector<manifest::Problem>& list) {
    for (const manifest::Problem& problem : list) {
      if (++logged <= kMaxLoggedProblems) LOG(WARNING) << problem.ToString();
    }
  };
  for (const auto& [source, list] : problems.by_source) log(list);
  for (const auto& [key, list] : problems.by_object) log(list);
  if (logged == 0) LOG(INFO) << "The registry's sources and objects are all well again.";
  if (logged > kMaxLoggedProblems) {
    LOG(WARNING) << "and " << logged - kMaxLoggedProblems << " more problems like these";
  }
}

}  // namespace

ConfigFlow::ConfigFlow(xdsserver::SnapshotCache& cache, status::Board& board,
                       status::Keeper& keeper, pushapi::Propagation& propagation,
                       resolve::KeyPairCheck check, xdsserver::Clock clock)
    : cache_(cache),
      board_(board),
      keeper_(keeper),
      propagation_(propagation),
      clock_(std::move(clock)),
      pipeline_(std::move(check)) {}

void ConfigFlow::OnUpdate(const store::Update& update) {
  if (update.delta.problems_changed) LogProblems(update.after->problems());
  translate::Output output = pipeline_.Apply(update.after, update.delta);
  pushapi::Propagation::Reach reach = Publish(output);
  status::BoardUpdate news;
  news.revision = update.after->revision();
  news.sequence = sequence_;
  news.changed = update.delta.changed;
  news.removed = update.delta.removed;
  news.verdicts = std::move(output.verdicts);
  news.dropped_verdicts = std::move(output.dropped_verdicts);
  news.at = clock_();
  keeper_.Note(board_.Publish(std::move(news)));
  propagation_.OnTranslated(update.after->revision(), std::move(reach));
}

pushapi::Propagation::Reach ConfigFlow::Publish(const translate::Output& output) {
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, gateway] : output.gateways) {
      if (gateway == nullptr) {
        gateways_.erase(GroupOf(key));
      } else {
        gateways_[GroupOf(key)] = gateway;
      }
    }
  }
  pushapi::Propagation::Reach reach;
  for (const auto& [key, gateway] : output.gateways) {
    // The proxies of a Gateway that is gone are told to serve nothing: who deletes it means that.
    const uint64_t sequence = cache_.Set(
        GroupOf(key), gateway == nullptr ? xdsserver::ResourceSet() : gateway->resources);
    reach[GroupOf(key)] = sequence;
    sequence_ = std::max(sequence_, sequence);
  }
  return reach;
}

std::optional<manifest::Problem> ConfigFlow::FindCause(std::string_view gateway,
                                                       std::string_view type_url,
                                                       std::string_view resource,
                                                       std::string_view error) const {
  std::shared_ptr<const translate::GatewayOutput> output;
  {
    absl::MutexLock lock(&mutex_);
    const auto it = gateways_.find(gateway);
    if (it != gateways_.end()) output = it->second;
  }
  if (output == nullptr) return std::nullopt;
  const ir::Source source = translate::SourceOf(*output->gateway, type_url, resource, error);
  manifest::Problem cause;
  cause.resource =
      manifest::ObjectKey{source.object.kind, source.object.ns, source.object.name}.ToString();
  cause.field_path = source.field_path;
  cause.reason = absl::StrCat("makes ", resource, ", which the proxy refuses.");
  return cause;
}

resolve::Verdicts JudgeAll(std::shared_ptr<const store::ObjectSet> objects,
                           resolve::KeyPairCheck check) {
  translate::Pipeline pipeline(std::move(check));
  const store::Delta delta = store::DiffOf(store::ObjectSet(), *objects);
  pipeline.Apply(std::move(objects), delta);
  return pipeline.verdicts();
}

}  // namespace sluice::control
