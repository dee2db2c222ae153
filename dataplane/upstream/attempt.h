// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/intrusive_list.h"
#include "dataplane/http/codec.h"
#include "dataplane/upstream/connection_facts.h"
#include "dataplane/upstream/host.h"
#include "dataplane/upstream/ref.h"

namespace sluice::upstream {

class Cluster;
class Pool;
class UpstreamConnection;

// What an attempt tells its exchange, beyond the response itself.
class AttemptOwner : public http::ResponseSink {
 public:
  // A stream is open: send the request on it. May come from inside Cluster::Start.
  virtual void OnStreamReady(http::ClientStream& stream) = 0;

  // No stream could be had, or the one there was ended wrongly: http::StreamSink::OnReset is the
  // call for both. `Attempt::address` tells where, if an endpoint had been chosen.

  // Both directions ended well; the attempt is idle again. Never called from inside a call that the
  // owner makes on its stream.
  virtual void OnStreamComplete() = 0;

 protected:
  ~AttemptOwner() = default;
};

// An Attempt is one try at getting an answer from one endpoint of a cluster: waiting for a
// connection, then a stream on it. It lives inside its exchange and is reused for the next try, so
// that waiting allocates nothing.
//
// It is also what the codec sees of the exchange: it stands between the two, so that pools know
// when a stream has ended, and passes everything on.
//
// Thread:   its worker's only.
// Lifetime: destroying or cancelling it resets the stream or leaves the queue; no call follows.
class Attempt final : public base::ListNode, private http::ResponseSink {
 public:
  explicit Attempt(AttemptOwner& owner);
  ~Attempt();

  // Gives up, whatever the state: silent towards the owner.
  void Cancel();

  bool active() const { return pool_ != nullptr; }

  // Of the endpoint chosen, "ip:port"; empty before. Valid until the next Start.
  std::string_view address() const;
  std::string_view local_address() const;
  std::string_view hostname() const;  // The endpoint's own name; its address if it has none.
  http::Version protocol() const;     // Of the connection. Valid from OnStreamReady on.
  std::string_view failure() const;   // Transport failure in words, after OnReset.

  // The endpoint chosen, until the next Start; null before.
  const Host* host() const { return host_.get(); }

  // Counts an answer of 500 or more against the endpoint.
  void CountServerError() const { ++host_->load().errors_5xx; }

 private:
  friend class Cluster;
  friend class Pool;
  friend class UpstreamConnection;

  void OnInformational(http::ResponseHead& head) override { owner_.OnInformational(head); }
  void OnResponse(http::ResponseHead& head, bool end_stream) override {
    owner_.OnResponse(head, end_stream);
  }
  void OnData(base::Buffer& data, bool end_stream) override { owner_.OnData(data, end_stream); }
  void OnTrailers(http::HeaderMap& trailers) override { owner_.OnTrailers(trailers); }
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override { owner_.OnCanSend(); }

  // Forgets stream and pool; where it went stays known.
  void BecomeIdle();

  AttemptOwner& owner_;
  // Waiting: pool_ alone. With a stream: connection_ and stream_ too. Complete, but the owner does
  // not know yet: stream_ is null again.
  Pool* pool_ = nullptr;
  UpstreamConnection* connection_ = nullptr;
  http::ClientStream* stream_ = nullptr;
  Ref<Cluster> cluster_;
  Ref<Host> host_;
  Ref<ConnectionFacts> facts_;
  // How many bytes the connection had moved when this stream began: tells whether the request
  // left, and whether anything was answered.
  uint64_t written_before_ = 0;
  uint64_t read_before_ = 0;
};

}  // namespace sluice::upstream
