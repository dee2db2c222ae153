// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "dataplane/config/cluster.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "dataplane/http/message.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/counters.h"
#include "dataplane/upstream/host.h"
#include "dataplane/upstream/limits.h"
#include "dataplane/upstream/upstream_connection.h"

namespace sluice::upstream {

// What the pools of one cluster share.
struct PoolShared {
  event::Loop& loop;
  const config::Cluster& config;
  Limits& limits;
  Counters& counters;
};

// What connections must agree in to be shared by requests to one host.
struct PoolKey {
  bool http2 = false;    // Where the client's version decides (kDownstreamProtocol).
  std::string_view sni;  // With auto_sni what the request's host says, else as configured.
};

// Hears that a pool has neither connections nor anybody waiting.
class PoolUser {
 public:
  virtual void OnPoolEmpty() = 0;

 protected:
  ~PoolUser() = default;
};

// A Pool keeps the connections to one host, lends streams on them, and lets attempts wait their
// turn. The connection used last is used next, so that those not needed grow old and time out.
//
//   Start ─▶ a stream on an offered connection
//        └─▶ waits (first come, first served) ─▶ a connection connects, or is given back
//                                             └▶ reset: connecting failed
//
// HTTP/1.1 has a stream a connection; HTTP/2 as many as the peer allows, then another connection.
//
// Thread:   its worker's only.
// Lifetime: owned by HostPools; destroyed only when empty, through Loop::DeleteLater.
// Limits:   the cluster's Limits. Over the limit of connections a pool that has none may still open
//           one, since nothing would ever serve those who wait in it; so where a host has a pool
//           for each name that requests ask for (HostPools), only Limits::pending bounds how many
//           are opened at once.
class Pool final : public event::Deferred {
 public:
  Pool(PoolShared& shared, Host& host, const PoolKey& key, PoolUser& user);
  ~Pool() override;

  // Gets `attempt` a stream, or a reset. `no_idle_connection`: see LbContext.
  void Start(Attempt& attempt, bool no_idle_connection);

  // Closes connections as they become idle; those who wait are still served.
  void Drain();

  bool empty() const { return connections_.empty() && pending_count_ == 0; }

  event::Loop& loop() { return shared_.loop; }
  const config::Cluster& config() const { return shared_.config; }
  Counters& counters() { return shared_.counters; }

 private:
  friend class Attempt;
  friend class UpstreamConnection;

  static constexpr uint32_t kAssumedStreams = 100;

  // Tells those who wait of a connection that could not even be begun, out of their own call.
  class LateFailure final : public event::TurnEnd {
   public:
    explicit LateFailure(Pool& pool) : pool_(pool) {}
    void OnTurnEnd() override { pool_.OnDialFailed(facts); }
    Ref<ConnectionFacts> facts;

   private:
    Pool& pool_;
  };

  // UpstreamConnection:
  void OnConnected(UpstreamConnection& connection);
  void OnClosed(UpstreamConnection& connection, http::ErrorKind connect_error,
                const Ref<ConnectionFacts>& facts);
  // It can take streams: those who wait first, then it is offered.
  void Offer(UpstreamConnection& connection);
  void Withdraw(UpstreamConnection& connection);
  void OnStreamEnded(Attempt& attempt);

  // Attempt:
  void Abandon(Attempt& waiting);

  void Assign(Attempt& attempt, UpstreamConnection& connection);
  void StopWaiting(Attempt& attempt);
  void Refuse(Attempt& attempt, http::ErrorKind kind, std::string_view detail);
  void ConnectAsNeeded();
  bool Connect();
  void OnDialFailed(const Ref<ConnectionFacts>& facts);
  void FailPending(http::ErrorKind kind, const Ref<ConnectionFacts>& facts);
  void Remove(UpstreamConnection& connection);
  uint32_t ExpectedStreams() const;
  http::Version PlannedVersion() const;
  bool AgreesByAlpn() const;

  PoolShared& shared_;
  const Ref<Host> host_;
  const bool http2_key_;
  const std::string sni_;
  PoolUser& user_;
  std::vector<std::unique_ptr<UpstreamConnection>> connections_;
  std::vector<UpstreamConnection*> offered_;  // The last used at the end.
  base::IntrusiveList<Attempt> pending_;
  uint32_t pending_count_ = 0;
  uint32_t expected_streams_ = 0;  // Of the connections that connect.
  bool draining_ = false;
  bool learned_http2_ = false;
  uint32_t peer_streams_ = kAssumedStreams;  // What the peer allowed last.
  LateFailure late_failure_;
};

}  // namespace sluice::upstream
