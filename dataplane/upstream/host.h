// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/config/cluster.h"
#include "dataplane/upstream/ref.h"

namespace sluice::upstream {

class HostPools;

// A Host is one endpoint as one worker sees it: what configuration says of it, and what is going on
// with it here. Its connections are the business of HostPools.
//
// Thread:   its worker's only.
// Lifetime: counted; attempts keep it after its cluster has let go of it.
class Host : public Counted {
 public:
  // What is going on. Balancers read it; pools write it.
  struct Load {
    uint32_t active_requests = 0;
    uint32_t connections = 0;
    uint64_t requests_total = 0;
    uint64_t connect_failures = 0;
    uint64_t errors_5xx = 0;
  };

  explicit Host(const config::Endpoint& endpoint);

  // Takes what a new EndpointSet says of the same address.
  void Update(const config::Endpoint& endpoint);

  const std::string& address() const { return address_; }  // "ip:port", "[ip]:port".
  std::string_view hostname() const {
    return hostname_.empty() ? std::string_view(address_) : std::string_view(hostname_);
  }
  config::Health health() const { return health_; }
  uint32_t weight() const { return weight_; }

  Load& load() { return load_; }
  const Load& load() const { return load_; }

  // Null once the cluster has let go of it.
  HostPools* pools() const { return pools_; }
  void set_pools(HostPools* pools) { pools_ = pools; }

 private:
  const std::string address_;
  std::string hostname_;
  config::Health health_ = config::Health::kHealthy;
  uint32_t weight_ = 1;
  Load load_;
  HostPools* pools_ = nullptr;
};

// "ip:port", with brackets around an IPv6 address: what endpoints are told apart by.
std::string HostAddress(const config::Endpoint& endpoint);

}  // namespace sluice::upstream
