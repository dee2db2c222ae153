// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/host_pools.h"

#include <utility>

#include "dataplane/upstream/dial.h"

namespace sluice::upstream {

HostPools::HostPools(PoolShared& shared, Host& host, PoolUser& user)
    : shared_(shared), host_(&host), user_(user), sweep_(*this) {
  host.set_pools(this);
}

HostPools::~HostPools() { host_->set_pools(nullptr); }

void HostPools::Start(Attempt& attempt, const LbContext& context) {
  PoolFor(context).Start(attempt, context.no_idle_connection);
}

Pool& HostPools::PoolFor(const LbContext& context) {
  const config::Cluster& config = shared_.config;
  PoolKey key;
  key.http2 = config.upstream_http == config::Cluster::UpstreamHttp::kDownstreamProtocol &&
              context.downstream_version == http::Version::kHttp2;
  const bool own_sni = config.tls != nullptr && config.tls->auto_sni;
  if (own_sni) {
    // An address is not asked for, but where names are checked the certificate must be for it.
    key.sni = config.tls->auto_san_validation ? NameOf(context.host) : SniOf(context.host);
  } else if (config.tls != nullptr) {
    key.sni = config.tls->sni;
  }
  if (!key.http2 && !own_sni) {
    if (main_ == nullptr) {
      main_ = std::make_unique<Pool>(shared_, *host_, key, user_);
      if (draining_) main_->Drain();
    }
    return *main_;
  }
  auto& pools = keyed_[key.http2 ? 1 : 0];
  const auto found = pools.find(key.sni);
  if (found != pools.end()) return *found->second->pool;
  auto keyed = std::make_unique<Keyed>(*this);
  keyed->pool = std::make_unique<Pool>(shared_, *host_, key, *keyed);
  Pool& pool = *keyed->pool;
  if (draining_) pool.Drain();
  pools.emplace(std::string(key.sni), std::move(keyed));
  return pool;
}

void HostPools::OnKeyedEmpty() {
  shared_.loop.AtTurnEnd(sweep_);
  if (draining_) user_.OnPoolEmpty();
}

void HostPools::SweepKeyed() {
  for (auto& pools : keyed_) {
    absl::erase_if(pools, [this](auto& entry) {
      if (!entry.second->pool->empty()) return false;
      shared_.loop.DeleteLater(std::move(entry.second->pool));
      return true;
    });
  }
}

void HostPools::Drain() {
  draining_ = true;
  if (main_ != nullptr) main_->Drain();
  for (auto& pools : keyed_) {
    for (auto& [sni, keyed] : pools) keyed->pool->Drain();
  }
}

bool HostPools::empty() const {
  if (main_ != nullptr && !main_->empty()) return false;
  for (const auto& pools : keyed_) {
    for (const auto& [sni, keyed] : pools) {
      if (!keyed->pool->empty()) return false;
    }
  }
  return true;
}

}  // namespace sluice::upstream
