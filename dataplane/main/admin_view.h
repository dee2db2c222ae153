// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/admin/admin_source.h"

namespace sluice {

class Proxy;

// An AdminView tells the admin what it shows of a Proxy.
//
// Thread:   main.
// Lifetime: the proxy outlives it.
class AdminView final : public admin::AdminSource {
 public:
  explicit AdminView(Proxy& proxy);

  admin::ServerState state() const override;
  admin::ServerInfo Info() const override;
  std::vector<const telemetry::StatsShard*> Stats() const override;
  std::vector<admin::ListenerView> Listeners() const override;
  std::vector<admin::UnsupportedField> UnsupportedFields() const override;
  void VisitConfig(absl::AnyInvocable<void(const admin::ConfigItem&)> visit) const override;
  void ForClusters(absl::AnyInvocable<void(std::vector<admin::ClusterView>)> done) override;
  void Drain() override;
  void ReopenLogs() override;
  void Quit() override;

 private:
  Proxy& proxy_;
  const int64_t started_ns_;
};

}  // namespace sluice
