// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/host_pools.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/upstream/dial.h"

namespace sluice::upstream {

HostPools::HostPools(PoolShared& shared, Host& host, PoolUser& user)
    : shared_(shared), host_(&host), user_(user), sweep_(*this) {
  host.set_pools(this);
}

HostPools::~HostPools() { host_->set_pools(nullptr); }

void HostPools::Start(Attempt& attempt, const LbContext& context) {
  PoolFor(context).Start(attempt);
}

Pool& HostPools::PoolFor(const LbContext& context) {
  const config::Cluster& config = shared_.config;
  PoolKey key;
  key.http2 = config.upstream_http == config::Cluster::UpstreamHttp::kDownstreamProtocol &&
              context.downstream_version == http::Version::kHttp2;
  const bool own_sni = config.tls != nullptr && config.tls->auto_sni;
  key.sni = own_sni                 ? SniOf(context.host)
            : config.tls != nullptr ? std::string_view(config.tls->sni)
                                    : std::string_view();
  if (!key.http2 && !own_sni) {
    if (main_ == nullptr) main_ = std::make_unique<Pool>(shared_, *host_, key, user_);
    return *main_;
  }
  std::string name = absl::StrCat(key.http2 ? "2" : "1", key.sni);
  const auto found = keyed_.find(name);
  if (found != keyed_.end()) return *found->second->pool;
  auto keyed = std::make_unique<Keyed>(*this, name);
  keyed->pool = std::make_unique<Pool>(shared_, *host_, key, *keyed);
  Pool& pool = *keyed->pool;
  keyed_.emplace(std::move(name), std::move(keyed));
  return pool;
}

void HostPools::OnKeyedEmpty(Keyed&) {
  shared_.loop.AtTurnEnd(sweep_);
  if (draining_) user_.OnPoolEmpty();
}

void HostPools::SweepKeyed() {
  absl::erase_if(keyed_, [this](auto& entry) {
    if (!entry.second->pool->empty()) return false;
    shared_.loop.DeleteLater(std::move(entry.second->pool));
    return true;
  });
}

void HostPools::Drain() {
  draining_ = true;
  if (main_ != nullptr) main_->Drain();
  for (auto& [name, keyed] : keyed_) keyed->pool->Drain();
}

bool HostPools::empty() const {
  if (main_ != nullptr && !main_->empty()) return false;
  for (const auto& [name, keyed] : keyed_) {
    if (!keyed->pool->empty()) return false;
  }
  return true;
}

}  // namespace sluice::upstream
