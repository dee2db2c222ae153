// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/grpc_status.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/cluster_set.h"

namespace sluice::upstream {

// What is told of one gRPC stream. Legal sequence: OnMessage and OnCanSend in any order, then
// OnStatus once.
class GrpcStreamUser {
 public:
  // One message, whole. The view lives until the call returns.
  virtual void OnMessage(std::string_view message) = 0;

  // After ShouldPause was true it no longer is.
  virtual void OnCanSend() {}

  // It is over; kOk when the peer said so. Last call.
  virtual void OnStatus(http::GrpcCode code, std::string_view message) = 0;

 protected:
  ~GrpcStreamUser() = default;
};

// A GrpcStream is one bidirectional gRPC call of the proxy's own (ADS), as traffic to a cluster: it
// gets that cluster's TLS, balancing, limits and metrics. The cluster should speak HTTP/2.
//
// It does not reconnect: who needs it makes another stream. Compression is not offered, and
// refused.
//
// Thread:   that of its ClusterSet.
// Lifetime: not to be destroyed from inside a call to its user; Cancel may be called there.
//           Destruction cancels.
// Errors:   OnStatus: the peer's own, one derived from the HTTP status, or kUnavailable with the
//           transport's reason. Never from inside a call of the user.
// Limits:   one message of `max_message_bytes`; what is queued for sending is the user's business
//           (ShouldPause), all of it before there is a connection.
class GrpcStream final : private AttemptOwner {
 public:
  struct Options {
    std::string cluster;
    std::string method;                                         // "/package.Service/Method".
    std::string authority;                                      // Empty: the cluster's name.
    std::vector<std::pair<std::string, std::string>> metadata;  // Names in lower case.
    size_t max_message_bytes = 256 * 1024 * 1024;
  };

  GrpcStream(event::Loop& loop, ClusterSet& clusters, Options options, GrpcStreamUser& user);
  ~GrpcStream();

  // Begins the call. Once.
  void Start();

  // Queues one message; before there is a connection too. Dropped once the stream is over.
  void Send(std::string_view message);
  // No more will be sent.
  void CloseSend();
  // More is queued than should be: wait for OnCanSend. Always false before there is a connection.
  bool ShouldPause() const;

  // Ends it; no call follows.
  void Cancel();

  bool over() const { return state_ == State::kOver; }
  // "ip:port" of the peer, once chosen.
  std::string_view address() const { return attempt_.address(); }

 private:
  //  kIdle ─Start▶ kWaiting ─connected▶ kOpen ─▶ kOver
  enum class State : uint8_t { kIdle, kWaiting, kOpen, kOver };

  // Tells the status outside of any call of the user's.
  class Teller final : public event::TurnEnd {
   public:
    explicit Teller(GrpcStream& stream) : stream_(stream) {}
    void OnTurnEnd() override;

   private:
    GrpcStream& stream_;
  };

  // AttemptOwner:
  void OnStreamReady(http::ClientStream& stream) override;
  void OnStreamComplete() override { stream_ = nullptr; }
  void OnInformational(http::ResponseHead&) override {}
  void OnResponse(http::ResponseHead& head, bool end_stream) override;
  void OnData(base::Buffer& data, bool end_stream) override;
  void OnTrailers(http::HeaderMap& trailers) override;
  void OnReset(const http::StreamError& error) override;
  void OnCanSend() override;

  void DeliverMessages();
  void EndWithTrailers(const http::HeaderMap& trailers);
  // Remembers why it is over, lets go of the stream, and tells the user at the end of the turn.
  void End(http::GrpcCode code, std::string message);

  event::Loop& loop_;
  ClusterSet& clusters_;
  const Options options_;
  GrpcStreamUser& user_;
  State state_ = State::kIdle;
  http::ClientStream* stream_ = nullptr;
  base::Buffer out_;  // Until there is a stream.
  base::Buffer in_;
  bool send_closed_ = false;
  uint16_t http_status_ = 0;
  http::GrpcCode code_ = http::GrpcCode::kUnknown;
  std::string message_;
  Teller teller_{*this};
  Attempt attempt_{*this};
};

}  // namespace sluice::upstream
