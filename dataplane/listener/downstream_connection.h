// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/intrusive_list.h"
#include "dataplane/config/listener.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/request_handler.h"
#include "dataplane/http/stream_info.h"
#include "dataplane/tls/server_context.h"

namespace sluice::listener {

// What a connection asks of the place it was accepted at. The answers may change from one request
// to the next, as configuration does.
//
// Thread:   that of its connections.
// Lifetime: connections hold a shared_ptr.
class ConnectionOwner {
 public:
  // As of now; the reference is good until the owner's next configuration.
  virtual const config::HttpConnection& http() const = 0;
  virtual std::shared_ptr<const config::HttpConnection> shared_http() const = 0;
  virtual http::RequestHandler& handler() = 0;
  // The connection is over and will be deleted.
  virtual void OnConnectionClosed() = 0;

 protected:
  ~ConnectionOwner() = default;
};

// A DownstreamConnection is one client's connection: bytes from its transport to the codec that the
// client speaks, requests from there to the handler, and the time limits of both.
//
// Thread:   its worker's only.
// Lifetime: owns itself from Start until it is closed.
// Limits:   of time: handshake, request head, idle, whole life, the end of draining, the last bytes
//           that a client does not read, the rest of a request that was answered early; of
//           requests: max_requests_per_connection.
class DownstreamConnection final : public event::Deferred,
                                   public base::ListNode,
                                   private event::ConnectionUser,
                                   private http::ServerCodecHost {
 public:
  // What is known at accept. The handshake has `handshake_timeout_ms`, and the first request head
  // behind it as long as every other.
  struct Accepted {
    event::Address remote;
    event::Address local;
    std::string_view listener;  // Lives as long as the connection.
    uint64_t id = 0;
    int64_t handshake_timeout_ms = 15'000;
  };
  DownstreamConnection(event::Loop& loop, const Accepted& accepted);
  ~DownstreamConnection() override;

  // Chooses the owner, once: before Start, or, where TLS decides, during the handshake.
  void SetOwner(std::shared_ptr<ConnectionOwner> owner) { owner_ = std::move(owner); }

  // Keeps alive what the transport's handshake asks for its context.
  void HoldSelector(std::unique_ptr<tls::ServerContextSelector> selector) {
    selector_ = std::move(selector);
  }

  // What says, from the handshake on, which hosts it stands for. Lives until the last stream ended.
  void SetScope(http::HandshakeScope& scope) { info_.scope = &scope; }

  // `transport` is accepted, its handshake not begun.
  void Start(std::unique_ptr<event::Transport> transport);

  // Ends what is under way, takes no new requests, then closes. A client that has not been served
  // yet may be in the midst of its first request, which no client sends again by itself: it is
  // served that one, if it comes in the time of a drain.
  void Drain();
  void CloseNow();

 private:
  void OnConnected() override;
  void OnBytes(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  void OnFlushed() override;
  void OnClosed(bool error) override;

  void OnOutputReady() override;
  void OnReceiveReady() override;
  http::RequestSink& OnNewStream(http::ServerStream& stream) override;
  void OnStreamComplete(http::ServerStream& stream, http::RequestSink& sink) override;
  void OnBadRequest(uint16_t status, const http::StreamError& error, std::string_view raw) override;

  enum class Guess : uint8_t { kHttp1, kHttp2, kNeedMore };
  static Guess GuessVersion(const base::Buffer& in);
  void MakeCodec(bool http2);
  // Keeps what the client's certificate says, for as long as the connection lives.
  void NotePeer(event::TlsFacts facts);
  void AfterCodec();
  void StartDraining();
  // Does not wait for a first request.
  void DrainNow();
  // The codec has done its work: what it has said leaves, then the connection closes.
  void FinishIfDone();
  void CloseOrderly();
  void OnDeadline();
  void ArmDeadline();
  void CountBytes();
  // Since when nothing has happened, with no stream open.
  int64_t QuietSinceMs() const;

  event::Loop& loop_;
  std::shared_ptr<ConnectionOwner> owner_;  // Null until chosen.
  const std::string remote_text_;
  const std::string remote_ip_;
  const std::string local_text_;
  http::DownstreamInfo info_;
  std::unique_ptr<tls::ServerContextSelector> selector_;
  std::optional<event::Connection> connection_;
  std::unique_ptr<const event::TlsFacts> peer_;  // Null without a verified client certificate.
  // What the codec's options stand in: they stay as they were when it was made.
  std::shared_ptr<const config::HttpConnection> made_with_;
  std::unique_ptr<http::ServerCodec> codec_;
  event::MemberTimer<DownstreamConnection, &DownstreamConnection::OnDeadline> deadline_{loop_,
                                                                                        *this};
  const int64_t start_ms_;
  const int64_t handshake_timeout_ms_;
  static constexpr int64_t kNever = -1;
  int64_t head_since_ms_ = kNever;  // When the head under way began.
  int64_t idle_since_ms_;           // When the last stream ended.
  int64_t drain_since_ms_ = 0;
  int64_t swept_ms_ = kNever;  // While streams linger: when they were looked at last.
  int64_t closing_since_ms_ = 0;
  uint64_t requests_ = 0;
  uint64_t head_after_ = 0;  // Behind how many requests it stands.
  uint64_t counted_received_ = 0;
  uint64_t counted_sent_ = 0;
  bool connected_ = false;
  bool http2_ = false;  // What the codec speaks, if there is one.
  bool draining_ = false;
  bool closing_ = false;
};

}  // namespace sluice::listener
