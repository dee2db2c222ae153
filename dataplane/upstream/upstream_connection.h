// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/intrusive_list.h"
#include "dataplane/event/connection.h"
#include "dataplane/event/loop.h"
#include "dataplane/http/codec.h"
#include "dataplane/upstream/attempt.h"
#include "dataplane/upstream/connection_facts.h"

namespace sluice::upstream {

class Pool;

// An UpstreamConnection joins one transport to one client codec, and streams on it to attempts. It
// tells its pool when it can take more and when it is gone; whom it serves is the pool's choice.
//
// An answer is only ever matched to a request that has left: bytes on an HTTP/1.1 connection
// without a request, before its request was written, or behind its answer, close it.
//
//   Connecting ─▶ Idle ◀─▶ Busy ─▶ Closed
//       └───────────┴─────────────────▲      any error; what is left of streams is reset
//
// Thread:   its worker's only.
// Lifetime: owned by its pool; goes through Loop::DeleteLater.
// Limits:   one timer, for connecting, for being idle and for last words that nobody reads (1 s);
//           one more with max_connection_duration.
class UpstreamConnection final : public event::Deferred,
                                 private event::ConnectionUser,
                                 private http::ClientCodecHost {
 public:
  // `version` decides the codec unless ALPN does (`by_alpn`).
  UpstreamConnection(Pool& pool, std::unique_ptr<event::Transport> transport, http::Version version,
                     bool by_alpn);
  ~UpstreamConnection() override;

  void Connect();

  // Opens a stream for `attempt`, which is in no list, and tells its owner. Requires CanTake().
  void Attach(Attempt& attempt);

  // A stream may be opened now.
  bool CanTake() const;
  bool connecting() const { return state_ == State::kConnecting; }
  bool is_http2() const { return facts_->version == http::Version::kHttp2; }
  size_t max_streams() const { return codec_->max_concurrent_streams(); }
  // Bytes arrived, so that what the peer allows is known.
  bool heard() const { return connection_.bytes_read() > 0; }

  // Takes no new streams and closes when there are none.
  void Retire();

  // For the pool's bookkeeping: where it stands in the pool's table, and whether the pool counts
  // it as able to take a stream.
  size_t index = 0;
  bool offered = false;
  // How many waiting attempts it was opened for.
  uint32_t expected_streams = 1;

 private:
  friend class Attempt;
  enum class State : uint8_t { kConnecting, kOpen, kClosing, kClosed };

  // Runs Settle when nobody is in the middle of something.
  class Settler final : public event::TurnEnd {
   public:
    explicit Settler(UpstreamConnection& connection) : connection_(connection) {}
    void OnTurnEnd() override { connection_.Settle(); }

   private:
    UpstreamConnection& connection_;
  };

  // event::ConnectionUser:
  void OnConnected() override;
  void OnBytes(base::Buffer& in) override;
  void OnEof() override;
  void Produce(base::Buffer& out, size_t limit) override;
  void OnFlushed() override { CountBytes(); }
  void OnClosed(bool error) override;

  // http::ClientCodecHost:
  void OnOutputReady() override;
  void OnReceiveReady() override;
  void OnStreamComplete(http::ResponseSink& sink) override;
  void OnCapacityChanged() override { SettleSoon(); }

  // Attempt:
  void OnStreamReset(Attempt& attempt, http::StreamError error);
  void Abandon(Attempt& attempt);

  void CountBytes();
  void MakeCodec();
  size_t StreamCap() const;
  // After a stream ended or the codec took input: tells who is done, then closes, or offers the
  // connection for more.
  void Settle();
  void SettleSoon();
  void Close();
  void OnTimer();
  void LetGo(Attempt& attempt);
  bool AnswersNothing(const base::Buffer& in);
  http::Retry RetryOf(const Attempt& attempt) const;

  Pool& pool_;
  Ref<ConnectionFacts> facts_;
  event::Connection connection_;
  std::unique_ptr<http::ClientCodec> codec_;
  base::IntrusiveList<Attempt> streams_;
  base::IntrusiveList<Attempt> completed_;
  Settler settler_;
  event::FunctionTimer timer_;
  std::unique_ptr<event::FunctionTimer> duration_timer_;
  State state_ = State::kConnecting;
  const bool by_alpn_;
  bool receiving_ = false;
  bool retiring_ = false;
  bool timed_out_ = false;
  uint32_t streams_begun_ = 0;
  uint64_t counted_received_ = 0;
  uint64_t counted_sent_ = 0;
};

}  // namespace sluice::upstream
