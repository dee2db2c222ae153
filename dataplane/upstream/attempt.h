// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/intrusive_list.h"
#include "dataplane/http/codec.h"

namespace sluice::upstream {

class Host;
class Cluster;
class UpstreamConnection;

// What an attempt tells its exchange, beyond the response itself.
class AttemptOwner : public http::ResponseSink {
 public:
  // A stream is open: send the request on it. May come from inside Cluster::Start.
  virtual void OnStreamReady(http::ClientStream& stream) = 0;

  // No stream could be had, or the one there was ended wrongly: http::StreamSink::OnReset is the
  // call for both. `Attempt::address` tells where, if an endpoint had been chosen.

  // Both directions ended well; the attempt is idle again.
  virtual void OnStreamComplete() = 0;

 protected:
  ~AttemptOwner() = default;
};

// An Attempt is one try at getting an answer from one endpoint of a cluster: waiting for a
// connection, then a stream on it. It lives inside its exchange and is reused for the next try, so
// that waiting allocates nothing.
//
// Thread:   its worker's only.
// Lifetime: destroying or cancelling it resets the stream or leaves the queue; no call follows.
class Attempt : public base::ListNode {
 public:
  explicit Attempt(AttemptOwner& owner) : owner_(owner) {}
  ~Attempt() { Cancel(); }

  // Gives up, whatever the state: silent towards the owner.
  void Cancel();

  bool active() const { return host_ != nullptr; }

  // Of the endpoint chosen, "ip:port"; empty before. Valid until the next Start.
  std::string_view address() const;
  std::string_view local_address() const;
  std::string_view hostname() const;  // The endpoint's own name; its address if it has none.
  http::Version protocol() const;     // Of the connection. Valid from OnStreamReady on.
  std::string_view failure() const;   // Transport failure in words, after OnReset.

 private:
  friend class Cluster;
  friend class Host;
  friend class UpstreamConnection;

  AttemptOwner& owner_;
  Host* host_ = nullptr;
  UpstreamConnection* connection_ = nullptr;
  http::ClientStream* stream_ = nullptr;
};

}  // namespace sluice::upstream
