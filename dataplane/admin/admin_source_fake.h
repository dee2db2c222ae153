// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dataplane/admin/admin_source.h"

namespace sluice::admin {

// A process that says what the test sets, and counts what it is told to do. Clusters are answered
// when the test says so.
class FakeAdminSource final : public AdminSource {
 public:
  FakeAdminSource() = default;
  ~FakeAdminSource() = default;

  ServerState state() const override { return state_now; }
  ServerInfo Info() const override { return info; }
  std::vector<const telemetry::StatsShard*> Stats() const override { return {&shard}; }
  std::vector<ListenerView> Listeners() const override { return listeners; }
  std::vector<UnsupportedField> UnsupportedFields() const override { return fields; }
  void VisitConfig(absl::AnyInvocable<void(const ConfigItem&)> visit) const override {
    for (const ConfigItem& item : items) visit(item);
  }
  void ForClusters(absl::AnyInvocable<void(std::vector<ClusterView>)> done) override {
    if (answers_late) {
      waiting.push_back(std::move(done));
    } else {
      done(clusters);
    }
  }
  void AnswerWaiting() {
    for (auto& done : std::exchange(waiting, {})) done(clusters);
  }
  void Drain() override { ++drains; }
  void ReopenLogs() override { ++reopens; }
  void Quit() override { ++quits; }

  ServerState state_now = ServerState::kLive;
  ServerInfo info;
  telemetry::StatsShard shard;
  std::vector<ListenerView> listeners;
  std::vector<UnsupportedField> fields;
  std::vector<ConfigItem> items;
  std::vector<ClusterView> clusters;
  bool answers_late = false;
  std::vector<absl::AnyInvocable<void(std::vector<ClusterView>)>> waiting;
  int drains = 0;
  int reopens = 0;
  int quits = 0;
};

}  // namespace sluice::admin
