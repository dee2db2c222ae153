// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/intrusive_list.h"
#include "dataplane/http/codec.h"
#include "dataplane/http2/field_reader.h"
#include "dataplane/http2/worker_heap.h"
#include "nghttp2/nghttp2.h"

namespace sluice::http2 {

class Session;

// What both sides of a stream share: the body on its way in and out, flow control, and the end.
//
// nghttp2 tells it what arrived (On...) and it only takes note. What it noted reaches the sink in
// Dispatch, which the session calls after nghttp2 has returned; so a sink may do anything, and a
// request that was reset in the same read never starts.
//
//   open ──(END_STREAM both ways, or RST_STREAM on the wire)──> closed ──(all told)──> retired
//     └──(Fail: malformed, connection gone)──> failed ──(OnReset)──> retired
//     └──(sink's Reset)──> retired
//
// Thread:   its connection's worker only.
// Lifetime: owned by the session's list until retired, then by its graveyard, which is emptied
//           when no call is on the stack.
// Limits:   what is held unread is bounded by the stream's window, what is queued by the sink,
//           which obeys ShouldPause.
class WireStream : public base::ListNode, public OnWorkerHeap {
 public:
  // `limits` must outlive the stream.
  WireStream(Session& session, const http::MessageLimits& limits);
  virtual ~WireStream() = default;

  int32_t id() const { return id_; }
  void set_id(int32_t id) { id_ = id; }
  bool retired() const { return retired_; }
  bool closed() const { return closed_; }
  bool failed() const { return failed_; }

  // --- From nghttp2, by way of the session.
  // A header block begins, gives a field, ends. OnField returns kMalformed to have the stream
  // reset; then and after Fail nothing more is told.
  virtual void OnBlockBegin() = 0;
  virtual BlockVerdict OnField(std::string_view name, std::string_view value) = 0;
  virtual void OnBlockEnd(bool end_stream) = 0;
  // OnField said kMalformed.
  virtual void OnMalformed() = 0;

  void OnBody(base::Slice chunk);
  void OnBodyEnd();
  void OnEndSent() { end_sent_ = true; }
  void OnClosed(uint32_t error_code);

  // The data source: how much of the body goes into the next frame, and then that much of it.
  nghttp2_ssize OnReadBody(size_t max, uint32_t& data_flags);
  void OnWriteBody(size_t size, base::Buffer& out);

  // --- From the session.
  // Notes that the stream is over, wrongly.
  void Fail(const http::StreamError& error);
  // Tells the sink what was noted. May retire the stream.
  void Dispatch();

  bool in_ready = false;  // Stands in the session's list of streams to dispatch.

 protected:
  // How a stream that the wire closed before its end has failed.
  virtual http::StreamError ErrorOnClose(uint32_t error_code) const = 0;
  // Tells the heads that wait, if any.
  virtual void DeliverHead() = 0;
  virtual void DeliverEarlyFailure(const http::StreamError& error) {}
  // Whether a stream that leaves the wire now did so at its end.
  virtual bool ClosedWell() const = 0;
  // Whether nothing is left to do for either party.
  virtual bool IsComplete() const = 0;
  virtual void NotifyComplete() = 0;

  // The sending half of http::Stream.
  void QueueData(base::Buffer& data, bool end_stream);
  void QueueTrailers(const http::HeaderMap& trailers);
  void ResetBySink(const http::StreamError& error, uint32_t code);
  bool AboveHighWater() const { return out_.size() > high_water_; }
  void Pause() { ++pauses_; }
  void Resume();

  // The message in ended on the wire. False if its length is not what was announced.
  bool EndReceiving();
  // Resets the stream for what the peer did wrong and notes the failure.
  void Reject(http::ErrorKind kind, std::string_view detail);
  void Retire();
  void MarkReady();

  Session& session_;
  http::StreamSink* sink_ = nullptr;
  base::Arena arena_;
  http::HeaderMap trailers_;
  bool head_pending_ = false;   // A head waits to be told.
  bool head_told_ = false;      // OnRequest or OnResponse was called.
  bool end_told_ = false;       // The sink knows the end of what arrives.
  bool receive_ended_ = false;  // END_STREAM arrived.
  bool end_sent_ = false;       // END_STREAM left.
  bool out_ended_ = false;      // The sink has queued its end.
  bool has_expected_length_ = false;
  uint64_t expected_length_ = 0;

  bool head_seen() const { return head_pending_ || head_told_; }

  // True if nothing but the head is left to tell, so that it may carry the end.
  bool EndsWithHead() const { return receive_ended_ && held_.empty() && trailers_.empty(); }

 private:
  void DeliverBody();
  void CreditPeer();

  const size_t high_water_;
  int32_t id_ = 0;
  base::Buffer held_;      // Arrived, not yet told.
  size_t unconsumed_ = 0;  // Told, not yet credited to the peer.
  uint64_t received_ = 0;
  uint32_t pauses_ = 0;
  base::Buffer out_;
  http::HeaderMap out_trailers_;
  bool deferred_ = false;      // nghttp2 waits for more of out_.
  bool was_above_ = false;     // out_ stood above the high-water mark.
  bool can_send_told_ = true;  // OnCanSend is not owed.
  bool closed_ = false;
  bool failed_ = false;
  bool retired_ = false;
  http::StreamError error_;
};

// Joins WireStream to one of the stream interfaces.
template <typename Interface>
class StreamOf : public Interface, public WireStream {
 public:
  using WireStream::WireStream;

  void SendData(base::Buffer& data, bool end_stream) final { QueueData(data, end_stream); }
  void SendTrailers(const http::HeaderMap& trailers) final { QueueTrailers(trailers); }
  bool ShouldPause() const final { return AboveHighWater(); }
  void PauseReceiving() final { Pause(); }
  void ResumeReceiving() final { Resume(); }
};

}  // namespace sluice::http2
