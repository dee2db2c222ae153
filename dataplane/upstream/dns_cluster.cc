// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/dns_cluster.h"

#include <algorithm>
#include <utility>

#include "absl/log/check.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "dataplane/event/socket.h"

namespace sluice::upstream {

namespace {

constexpr int64_t kFirstRetryMs = 1000;
constexpr int64_t kLastRetryMs = 30'000;
constexpr uint32_t kMaxDoublings = 5;

bool IsLiteral(const std::string& name) {
  return name.starts_with("unix:") || event::Address::FromIp(name, 0).ok();
}

bool SameAddresses(const config::EndpointSet& a, const config::EndpointSet& b) {
  return std::equal(a.endpoints.begin(), a.endpoints.end(), b.endpoints.begin(), b.endpoints.end(),
                    [](const config::Endpoint& x, const config::Endpoint& y) {
                      return x.address == y.address && x.port == y.port;
                    });
}

}  // namespace

DnsCluster::DnsCluster(event::Loop& loop, DnsResolver& resolver,
                       std::shared_ptr<const config::Cluster> cluster, OnEndpoints on_endpoints)
    : loop_(loop),
      resolver_(resolver),
      cluster_(std::move(cluster)),
      on_endpoints_(std::move(on_endpoints)),
      dice_(absl::BitGen()()),
      teller_(*this) {
  for (const config::Endpoint& endpoint : cluster_->endpoints.endpoints) {
    AddName(endpoint.address);
    if (logical()) break;
  }
  for (const auto& name : names_) {
    if (!name->literal) Ask(*name);
  }
  loop_.AtTurnEnd(teller_);
}

DnsCluster::~DnsCluster() = default;

void DnsCluster::AddName(const std::string& address) {
  const bool known = std::any_of(names_.begin(), names_.end(),
                                 [&](const auto& name) { return name->name == address; });
  if (known) return;
  auto name = std::make_unique<Name>();
  name->name = address;
  if (IsLiteral(address)) {
    name->literal = name->asked = true;
    name->addresses.push_back(address);
  }
  name->timer = std::make_unique<event::FunctionTimer>(loop_, [this, n = name.get()] { Ask(*n); });
  names_.push_back(std::move(name));
}

void DnsCluster::Ask(Name& name) {
  name.query =
      resolver_.Resolve(name.name, cluster_->dns_family,
                        [this, n = &name](DnsAnswer answer) { OnAnswer(*n, std::move(answer)); });
}

void DnsCluster::OnAnswer(Name& name, DnsAnswer answer) {
  name.query.reset();
  name.asked = true;
  name.status = std::move(answer.status);
  const bool answered = name.status.ok() || absl::IsNotFound(name.status);
  name.failures = answered ? 0 : name.failures + 1;
  if (answered) {
    name.addresses = std::move(answer.addresses);
    // Servers rotate their answers; that is no change.
    std::sort(name.addresses.begin(), name.addresses.end());
    name.addresses.erase(std::unique(name.addresses.begin(), name.addresses.end()),
                         name.addresses.end());
  }
  name.timer->Arm(DelayMs(name, answer.ttl_s));
  loop_.AtTurnEnd(teller_);
}

int64_t DnsCluster::DelayMs(const Name& name, int64_t ttl_s) {
  if (name.failures > 0) {
    const int64_t most = std::max(kLastRetryMs, cluster_->dns_refresh_ms);
    const int64_t delay =
        std::min(most, kFirstRetryMs << std::min(name.failures - 1, kMaxDoublings));
    return delay / 2 + static_cast<int64_t>(dice_.Unit() * static_cast<double>(delay) / 2);
  }
  if (cluster_->respect_dns_ttl && ttl_s > 0) return ttl_s * 1000;
  return std::max<int64_t>(cluster_->dns_refresh_ms, 1);
}

void DnsCluster::MaybePublish() {
  const bool all_asked =
      std::all_of(names_.begin(), names_.end(), [](const auto& name) { return name->asked; });
  if (!all_asked) return;
  config::EndpointSet next = Build();
  if (endpoints_ != nullptr && SameAddresses(*endpoints_, next)) return;
  endpoints_ = std::make_shared<const config::EndpointSet>(std::move(next));
  on_endpoints_(endpoints_);
}

config::EndpointSet DnsCluster::Build() const {
  config::EndpointSet set;
  set.version = cluster_->version;
  set.overprovisioning_percent = cluster_->endpoints.overprovisioning_percent;
  for (const config::Endpoint& endpoint : cluster_->endpoints.endpoints) {
    const Name& name = Find(endpoint.address);
    std::vector<std::string> addresses = name.addresses;
    if (logical() && !addresses.empty()) {
      std::string chosen = addresses.front();
      if (endpoints_ != nullptr && !endpoints_->endpoints.empty()) {
        const std::string& current = endpoints_->endpoints.front().address;
        if (std::find(addresses.begin(), addresses.end(), current) != addresses.end()) {
          chosen = current;
        }
      }
      addresses = {std::move(chosen)};
    }
    for (std::string& address : addresses) {
      config::Endpoint resolved = endpoint;
      resolved.address = std::move(address);
      if (resolved.hostname.empty() && !name.literal) resolved.hostname = name.name;
      set.endpoints.push_back(std::move(resolved));
    }
    if (logical()) break;
  }
  return set;
}

const DnsCluster::Name& DnsCluster::Find(const std::string& name) const {
  const auto found = std::find_if(names_.begin(), names_.end(),
                                  [&](const auto& known) { return known->name == name; });
  CHECK(found != names_.end());
  return **found;
}

absl::Status DnsCluster::status() const {
  for (const auto& name : names_) {
    if (!name->status.ok()) return name->status;
  }
  return absl::OkStatus();
}

}  // namespace sluice::upstream
