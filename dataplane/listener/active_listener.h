// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "dataplane/config/listener.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "dataplane/http/request_handler.h"
#include "dataplane/listener/admission.h"
#include "dataplane/listener/chain_index.h"
#include "dataplane/listener/connection_count.h"
#include "dataplane/listener/downstream_connection.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/tls/server_context.h"

namespace sluice::listener {

// The sockets of one address, one a worker, bound on the main thread so that a port that may not
// be had is an error in one place. They close when the last worker lets go.
struct ListenSockets {
  event::Address address;
  std::vector<event::UniqueFd> fds;  // By worker.
  // Of the connections that came by these sockets.
  std::shared_ptr<ConnectionCounts> counts = std::make_shared<ConnectionCounts>();
};

// What treats the requests of one filter chain; made by the worker, which knows of exchanges.
class ChainHandler {
 public:
  virtual ~ChainHandler() = default;
  virtual http::RequestHandler& handler() = 0;
};

using ChainHandlerFactory = std::function<std::unique_ptr<ChainHandler>(
    const config::Listener& listener, const config::FilterChain& chain)>;

// One filter chain at work on one worker. Its connections stay when its configuration changes: the
// next request on them is treated by the new one.
class ActiveChain final : public ConnectionOwner {
 public:
  const config::HttpConnection& http() const override { return *config_->http; }
  std::shared_ptr<const config::HttpConnection> shared_http() const override {
    return config_->http;
  }
  http::RequestHandler& handler() override { return handler_->handler(); }
  void OnConnectionClosed() override {
    --connections_;
    active_->Add(-1);
    count_->Remove();
  }

  size_t connections() const { return connections_; }
  const config::FilterChain& config() const { return *config_; }

  // What chose it, its place there, and a number that changes when chains are chosen otherwise.
  const ChainIndex& index() const { return *index_; }
  int place() const { return place_; }
  uint64_t generation() const { return generation_; }

  // An admission that led here, so that it can be asked again.
  void Take(Admission& admission) { admissions_.PushBack(admission); }

 private:
  friend class ActiveListener;
  std::shared_ptr<const config::Listener> listener_;  // Keeps `config_` alive.
  const config::FilterChain* config_ = nullptr;
  std::unique_ptr<ChainHandler> handler_;
  telemetry::Gauge* active_ = nullptr;
  size_t connections_ = 0;  // On this worker.
  std::shared_ptr<ConnectionCount> count_;
  base::IntrusiveList<DownstreamConnection> list_;
  base::IntrusiveList<Admission> admissions_;
  std::shared_ptr<const ChainIndex> index_;
  int place_ = 0;
  uint64_t generation_ = 0;
};

// An ActiveListener accepts connections for one listener on one worker, chooses their filter chain
// and keeps them.
//
// Thread:   its worker's only.
// Lifetime: owned by the worker; after Drain, until its last connection is closed.
// Limits:   max_connections of a chain, all workers together; a connection beyond it is closed as
//           soon as its chain is known. One in 16 of the process's descriptors (32 to 1024) are not
//           for clients; should they run out all the same, accepting pauses for 100 ms instead of
//           spinning.
class ActiveListener final {
 public:
  ActiveListener(event::Loop& loop, uint32_t worker, uint32_t workers, telemetry::StatsShard& stats,
                 std::string name, ChainHandlerFactory factory);
  ~ActiveListener();

  // Takes over a configuration of the same name; `sockets` is not empty. Chains are matched by
  // name, or by place where they have none; what a vanished chain, or one that now asks for other
  // client certificates, has open is drained, and so is what another chain would now be chosen for.
  void Apply(std::shared_ptr<const config::Listener> config,
             std::vector<std::shared_ptr<const ListenSockets>> sockets);

  // Accepts no more; lets what is open finish, handshakes and the request behind them included.
  void Drain();
  void CloseAll();
  size_t connections() const;
  const std::string& name() const { return name_; }

  // For an Admission: by what a chain is chosen, and the taking of one. `found` is what the index
  // says; null if that is no chain, or one that does not speak what the client does.
  const ChainIndex& index() const { return *index_; }
  ActiveChain* Assign(DownstreamConnection& connection, int found, bool tls);

 private:
  class Socket;

  void Begin(event::Accepted accepted, const event::Address& bound);
  void OnDescriptorsExhausted();
  void ResumeAccepting();
  std::shared_ptr<ActiveChain> Adopt(const std::shared_ptr<const config::Listener>& config,
                                     const config::FilterChain& chain, ConnectionCounts& counts,
                                     std::vector<std::shared_ptr<ActiveChain>>& old, size_t place,
                                     size_t& look_first);
  // Null where no chain was found.
  std::shared_ptr<ActiveChain> ChainAt(int found) const;
  void PlaceChains();
  template <typename Visit>
  void ForEachConnection(Visit visit);

  event::Loop& loop_;
  const uint32_t worker_;
  const uint32_t workers_;
  const std::string name_;
  const ChainHandlerFactory factory_;
  std::shared_ptr<const config::Listener> config_;
  std::shared_ptr<const ChainIndex> index_;
  uint64_t generation_ = 0;
  std::vector<std::shared_ptr<ActiveChain>> chains_;  // As in the configuration.
  std::shared_ptr<ActiveChain> default_chain_;
  std::vector<std::shared_ptr<ActiveChain>> retired_;  // Draining.
  const std::shared_ptr<Lobby> lobby_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  event::MemberTimer<ActiveListener, &ActiveListener::ResumeAccepting> accept_again_{loop_, *this};
  bool any_tls_ = false;
  bool any_plain_ = false;
  uint64_t next_id_;
  telemetry::Counter& accepted_;
  telemetry::Counter& refused_;
  telemetry::Gauge& active_;
};

}  // namespace sluice::listener
