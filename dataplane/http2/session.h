// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/intrusive_list.h"
#include "dataplane/http/codec.h"
#include "dataplane/http/codec_options.h"
#include "dataplane/http2/frame_guard.h"
#include "dataplane/http2/outbound_fields.h"
#include "dataplane/http2/reset_budget.h"
#include "dataplane/http2/stream_history.h"
#include "dataplane/http2/wire_stream.h"
#include "nghttp2/nghttp2.h"

namespace sluice::http2 {

// How many streams we open before the peer's SETTINGS say how many we may (RFC 9113 §6.5.2
// recommends no less).
inline constexpr uint32_t kStreamsBeforeSettings = 100;

// How much a client may go on to send on a stream whose answer is out.
inline constexpr size_t kMaxLingeringBytes = 64 * 1024;

// What a session asks of the codec that owns it, from inside nghttp2's callbacks: it must not call
// sinks or hosts.
class SessionOwner {
 public:
  // A peer opened a stream. Returns null to have it refused (clients).
  virtual WireStream* MakePeerStream(int32_t id) = 0;

  // The peer's settings, its GOAWAY, or the end of the connection changed what may be opened.
  virtual void OnPeerLimitsChanged() = 0;

  // A stream was reset since the peer's message was malformed.
  virtual void OnPeerViolation() = 0;

 protected:
  ~SessionOwner() = default;
};

// One nghttp2 session with the frame check in front and our streams behind: what the two codecs
// share. Bytes go through the guard to nghttp2, whose callbacks leave notes at streams, which are
// dispatched to sinks before the outermost call returns.
//
// Thread:   its connection's worker only.
// Lifetime: as http::Codec.
// Errors:   a connection error queues GOAWAY, fails every stream, and makes finished() true.
// Limits:   Http2Options; queued control frames at most max_outbound_control_frames, plus three a
//           stream.
class Session {
 public:
  enum class Role : uint8_t { kServer, kClient };

  // All must outlive the session.
  Session(Role role, const http::Http2Options& options, http::CodecHost& host, SessionOwner& owner,
          const base::Clock& clock);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // As http::Codec.
  void Receive(base::Buffer& in);
  void OnEof();
  void Produce(base::Buffer& out, size_t limit);
  bool has_output() const;
  bool wants_input() const { return !terminated_ && !eof_; }
  size_t active_streams() const { return active_streams_; }
  size_t streams_on_wire() const { return streams_on_wire_; }
  bool finished() const;
  void Drain();

  // As http::ServerCodec. HTTP/2 is stuck as a whole while one header block is incomplete.
  bool in_head() const { return guard_.in_header_block(); }
  void OnHeadTimeout();

  bool lingering() const { return !lingering_.empty() && !terminated_ && !eof_; }
  void SweepLingering();

  bool going_away() const { return draining_ || peer_goaway_ || terminated_ || eof_; }
  bool peer_goaway() const { return peer_goaway_; }
  uint32_t peer_max_streams() const;
  http::Side peer_side() const {
    return role_ == Role::kServer ? http::Side::kDownstream : http::Side::kUpstream;
  }
  OutboundFields& fields() { return fields_; }

  // --- For streams.
  // Takes a stream into the list of those that live.
  void Adopt(WireStream& stream);
  // Each submits fields() for the stream; with a body, its data source is the stream itself.
  int32_t SubmitRequest(WireStream& stream, bool end_stream);
  void SubmitResponse(int32_t id, bool end_stream);
  void SubmitInformational(int32_t id);
  void SubmitTrailers(int32_t id, const http::HeaderMap& trailers);
  void ResumeData(int32_t id);
  void ResetStream(int32_t id, uint32_t code, bool spend_budget);
  // RST_STREAM(PROTOCOL_ERROR); the peer pays for it.
  void OnStreamViolation(int32_t id);
  void OnStreamLeftWire() { --streams_on_wire_; }
  void Consume(int32_t id, size_t bytes);
  void ConsumeConnection(size_t bytes);
  void MarkReady(WireStream& stream);
  void Retire(WireStream& stream);
  void NotifyOutput();

 private:
  friend struct SessionCallbacks;  // The C functions forward to the On... below.

  void SubmitInitialFrames(const http::Http2Options& options);
  void Feed(const base::Slice& slice);
  void Push(std::string_view bytes);
  void PushJudged(std::string_view bytes);
  bool Admit();
  bool RefuseOverflow();
  void OnReceiveError(int error);
  void SpendReset();
  void NotifyOutputIfWanted();
  void Terminate(ErrorCode code, std::string_view detail, bool flood);
  void FailAll(const http::StreamError& error);
  void FinishDrain();
  void Dispatch();
  WireStream* Find(int32_t id) const;
  bool Lingers(int32_t id) const;
  void OnLingeringData(int32_t id, size_t bytes);

  // Callbacks (session_callbacks.cc).
  nghttp2_ssize OnSend(std::string_view bytes);
  int OnSendData(const nghttp2_frame& frame, const uint8_t* header, size_t size);
  int OnBeginHeaders(const nghttp2_frame& frame);
  int OnHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void OnDataChunk(int32_t id, const uint8_t* data, size_t size);
  void OnFrameReceived(const nghttp2_frame& frame);
  void OnDataFrame(const nghttp2_frame& frame);
  void OnInvalidFrame(const nghttp2_frame& frame, int error);
  void OnFrameSent(const nghttp2_frame& frame);
  void OnGoAwaySent(const nghttp2_frame& frame);
  void OnFrameNotSent(const nghttp2_frame& frame);
  void OnStreamClose(int32_t id, uint32_t error_code);

  const Role role_;
  const uint32_t max_outbound_control_frames_;
  http::CodecHost& host_;
  SessionOwner& owner_;
  nghttp2_session* raw_ = nullptr;
  FrameGuard guard_;
  StreamHistory history_;
  ResetBudget resets_;
  OutboundFields fields_;

  base::IntrusiveList<WireStream> streams_;
  size_t active_streams_ = 0;
  size_t streams_on_wire_ = 0;
  std::vector<WireStream*> ready_;
  std::vector<WireStream*> dispatching_;
  std::vector<WireStream*> graveyard_;
  int depth_ = 0;  // Calls of ours on the stack; the graveyard is emptied at none.

  char held_[kWindowUpdateBytes];  // The beginning of a frame, not given to nghttp2 yet.
  size_t held_size_ = 0;

  // Streams that were answered while their request was coming. They are nghttp2's alone.
  struct Lingering {
    int32_t id;
    size_t bytes_left = kMaxLingeringBytes;
    bool swept = false;
  };
  std::vector<Lingering> lingering_;
  // What they have sent, until the connection is credited with it. That is done with the next
  // output, where otherwise it waits until it is worth a frame: a curl before 8 that has sent its
  // last byte after the answer looks up only when something arrives.
  size_t lingering_credit_ = 0;

  WireStream* header_stream_ = nullptr;  // Whose header block is being decoded.
  const base::Slice* slice_ = nullptr;   // What is being received.
  base::Buffer* out_ = nullptr;          // What is being produced.
  size_t out_end_ = 0;                   // Where out_ is full.

  bool draining_ = false;
  bool final_goaway_submitted_ = false;
  bool final_goaway_sent_ = false;  // The graceful one.
  bool error_goaway_sent_ = false;  // The last frame of all.
  bool peer_goaway_ = false;
  bool peer_settings_seen_ = false;
  bool terminated_ = false;
  bool eof_ = false;
};

}  // namespace sluice::http2
