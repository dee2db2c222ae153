// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "dataplane/upstream/host.h"
#include "dataplane/upstream/lb_context.h"
#include "dataplane/upstream/pool.h"

namespace sluice::upstream {

// HostPools are the pools of one host: mostly one; more where what a connection may carry depends
// on the request (SNI from its host, or the client's HTTP version).
//
// Thread:   its worker's only.
// Lifetime: owned by ClusterTraffic; a removed host's until empty.
// Limits:   a pool kept for a request's host goes when its last connection does, so that clients
//           cannot pile pools up by naming hosts.
class HostPools final : public event::Deferred {
 public:
  HostPools(PoolShared& shared, Host& host, PoolUser& user);
  ~HostPools() override;

  Host& host() { return *host_; }

  void Start(Attempt& attempt, const LbContext& context);

  void Drain();
  bool empty() const;

 private:
  // One pool that differs by key.
  struct Keyed final : PoolUser {
    explicit Keyed(HostPools& owner) : owner(owner) {}
    void OnPoolEmpty() override { owner.OnKeyedEmpty(); }
    HostPools& owner;
    std::unique_ptr<Pool> pool;
  };
  // Keyed pools go at the end of the turn: emptiness is heard of from inside their own calls.
  class Sweep final : public event::TurnEnd {
   public:
    explicit Sweep(HostPools& pools) : pools_(pools) {}
    void OnTurnEnd() override { pools_.SweepKeyed(); }

   private:
    HostPools& pools_;
  };

  Pool& PoolFor(const LbContext& context);
  void OnKeyedEmpty();
  void SweepKeyed();

  PoolShared& shared_;
  const Ref<Host> host_;
  PoolUser& user_;
  std::unique_ptr<Pool> main_;  // Of the key that configuration alone decides.
  // Those of HTTP/1.1 (or by ALPN), and of HTTP/2 where the client's version decides; by SNI.
  std::array<absl::flat_hash_map<std::string, std::unique_ptr<Keyed>>, 2> keyed_;
  Sweep sweep_;
  bool draining_ = false;
};

}  // namespace sluice::upstream
