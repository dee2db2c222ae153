// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/pool.h"

#include <algorithm>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/upstream/dial.h"

namespace sluice::upstream {

namespace {

using http::ErrorKind;
using http::Retry;
using http::Side;

std::string_view DetailOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConnectTimeout:
      return "upstream-connect-timeout";
    case ErrorKind::kTlsFailure:
      return "upstream-tls-failure";
    default:
      return "upstream-connect-failure";
  }
}

}  // namespace

Pool::Pool(PoolShared& shared, Host& host, const PoolKey& key, PoolUser& user)
    : shared_(shared),
      host_(&host),
      http2_key_(key.http2),
      sni_(key.sni),
      user_(user),
      late_failure_(*this) {}

Pool::~Pool() {
  // Only a worker that goes away takes pools with it that are still in use.
  while (pending_count_ != 0) {
    Attempt& attempt = pending_.front();
    StopWaiting(attempt);
    Refuse(attempt, ErrorKind::kDrained, "shutting-down");
  }
  connections_.clear();
}

void Pool::Start(Attempt& attempt, bool no_idle_connection) {
  DCHECK(!attempt.active());
  attempt.pool_ = this;
  attempt.host_ = host_;
  attempt.facts_ = {};
  // One that connects, or is given back with an answer, is alive: whoever wants that waits.
  const bool waits = no_idle_connection && !shared_.limits.connections.exhausted();
  if (!offered_.empty() && !waits) return Assign(attempt, *offered_.back());
  if (!shared_.limits.pending.TryTake()) {
    shared_.counters.pending_overflow.Add();
    Refuse(attempt, ErrorKind::kOverflow, "upstream-pending-limit");
    // One that was made for this request's host must not stay behind.
    if (empty()) user_.OnPoolEmpty();
    return;
  }
  pending_.PushBack(attempt);
  ++pending_count_;
  ConnectAsNeeded();
}

void Pool::Assign(Attempt& attempt, UpstreamConnection& connection) {
  if (!shared_.limits.requests.TryTake()) {
    shared_.counters.request_overflow.Add();
    return Refuse(attempt, ErrorKind::kOverflow, "upstream-request-limit");
  }
  Host::Load& load = host_->load();
  ++load.active_requests;
  ++load.requests_total;
  shared_.counters.requests.Add();
  shared_.counters.requests_active.Add(1);
  connection.Attach(attempt);
}

void Pool::OnStreamEnded(Attempt& attempt) {
  shared_.limits.requests.Give();
  shared_.counters.requests_active.Add(-1);
  --host_->load().active_requests;
}

void Pool::Refuse(Attempt& attempt, ErrorKind kind, std::string_view detail) {
  attempt.BecomeIdle();
  const bool ours = kind == ErrorKind::kOverflow || kind == ErrorKind::kDrained;
  const Side side = ours ? Side::kOurselves : Side::kUpstream;
  attempt.owner_.OnReset({.kind = kind, .side = side, .retry = Retry::kSafe, .detail = detail});
}

void Pool::Abandon(Attempt& waiting) {
  StopWaiting(waiting);
  waiting.BecomeIdle();
  if (empty()) user_.OnPoolEmpty();
}

void Pool::StopWaiting(Attempt& attempt) {
  attempt.Unlink();
  --pending_count_;
  shared_.limits.pending.Give();
}

void Pool::ConnectAsNeeded() {
  while (expected_streams_ < pending_count_) {
    const bool within = shared_.limits.connections.TryTake();
    if (!within) {
      shared_.counters.connection_overflow.Add();
      if (!connections_.empty()) return;
      shared_.limits.connections.Take();
    }
    if (!Connect()) return;
  }
}

bool Pool::Connect() {
  shared_.counters.connections.Add();
  auto transport = Dial(shared_.config, host_->address(), sni_);
  if (!transport.ok()) {
    shared_.limits.connections.Give();
    shared_.counters.connect_failures.Add();
    ++host_->load().connect_failures;
    late_failure_.facts = Ref<ConnectionFacts>(new ConnectionFacts);
    late_failure_.facts->failure = std::string(transport.status().message());
    shared_.loop.AtTurnEnd(late_failure_);
    return false;
  }
  connections_.push_back(std::make_unique<UpstreamConnection>(*this, *std::move(transport),
                                                              PlannedVersion(), AgreesByAlpn()));
  UpstreamConnection& connection = *connections_.back();
  connection.index = connections_.size() - 1;
  connection.expected_streams = ExpectedStreams();
  expected_streams_ += connection.expected_streams;
  ++host_->load().connections;
  shared_.counters.connections_active.Add(1);
  connection.Connect();
  return true;
}

void Pool::OnDialFailed(const Ref<ConnectionFacts>& facts) {
  // All who waited may have left in between: that was told, and the pool may be about to go.
  if (pending_count_ == 0) return;
  FailPending(ErrorKind::kConnectFailure, facts);
  if (empty()) user_.OnPoolEmpty();
}

http::Version Pool::PlannedVersion() const {
  using UpstreamHttp = config::Cluster::UpstreamHttp;
  const UpstreamHttp upstream_http = shared_.config.upstream_http;
  const bool http2 = upstream_http == UpstreamHttp::kHttp2 ||
                     (upstream_http == UpstreamHttp::kDownstreamProtocol && http2_key_);
  return http2 ? http::Version::kHttp2 : http::Version::kHttp11;
}

bool Pool::AgreesByAlpn() const {
  return shared_.config.upstream_http == config::Cluster::UpstreamHttp::kAuto &&
         shared_.config.tls_context != nullptr;
}

// What a new connection will carry is not known before it is there: as many as the last one, or as
// most servers allow. Too low a guess opens more than needed, too high a one makes some wait.
uint32_t Pool::ExpectedStreams() const {
  const bool http2 = PlannedVersion() == http::Version::kHttp2 || learned_http2_;
  if (!http2) return 1;
  const uint32_t streams = std::min(shared_.config.http2.max_concurrent_streams, peer_streams_);
  const uint32_t max = shared_.config.max_requests_per_connection;
  return std::max<uint32_t>(max == 0 ? streams : std::min(streams, max), 1);
}

void Pool::OnConnected(UpstreamConnection& connection) {
  expected_streams_ -= connection.expected_streams;
  if (connection.is_http2()) learned_http2_ = true;
  Offer(connection);
  ConnectAsNeeded();
}

void Pool::Offer(UpstreamConnection& connection) {
  if (connection.is_http2() && connection.heard()) {
    peer_streams_ = static_cast<uint32_t>(std::min<size_t>(connection.max_streams(), UINT32_MAX));
  }
  while (pending_count_ != 0 && connection.CanTake()) {
    Attempt& next = pending_.front();
    StopWaiting(next);
    Assign(next, connection);
  }
  // A draining pool keeps connections only for those who wait.
  if (draining_) connection.Retire();
  if (connection.offered || !connection.CanTake()) return;
  connection.offered = true;
  offered_.push_back(&connection);
}

void Pool::Withdraw(UpstreamConnection& connection) {
  if (!connection.offered) return;
  connection.offered = false;
  // Nearly always the last.
  if (offered_.back() == &connection) return offered_.pop_back();
  offered_.erase(std::find(offered_.begin(), offered_.end(), &connection));
}

void Pool::OnClosed(UpstreamConnection& connection, ErrorKind connect_error,
                    const Ref<ConnectionFacts>& facts) {
  Remove(connection);
  if (connect_error != ErrorKind::kNone) {
    expected_streams_ -= connection.expected_streams;
    (connect_error == ErrorKind::kConnectTimeout ? shared_.counters.connect_timeouts
                                                 : shared_.counters.connect_failures)
        .Add();
    ++host_->load().connect_failures;
    FailPending(connect_error, facts);
  }
  ConnectAsNeeded();
  if (empty()) user_.OnPoolEmpty();
}

void Pool::Remove(UpstreamConnection& connection) {
  shared_.limits.connections.Give();
  shared_.counters.connections_active.Add(-1);
  --host_->load().connections;
  const size_t index = connection.index;
  shared_.loop.DeleteLater(std::move(connections_[index]));
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
}

// All who wait now are told, as Envoy does: what ails one connection ails the next, and whoever may
// try again will choose another host. Those who come back at once are not told twice.
void Pool::FailPending(ErrorKind kind, const Ref<ConnectionFacts>& facts) {
  for (uint32_t left = pending_count_; left != 0 && pending_count_ != 0; --left) {
    Attempt& attempt = pending_.front();
    StopWaiting(attempt);
    attempt.facts_ = facts;
    Refuse(attempt, kind, DetailOf(kind));
  }
}

void Pool::Drain() {
  draining_ = true;
  // Whoever waits still gets a stream, on what is connecting or on what becomes free.
  for (size_t i = 0; i < connections_.size(); ++i) {
    if (pending_count_ == 0 && !connections_[i]->connecting()) connections_[i]->Retire();
  }
}

}  // namespace sluice::upstream
