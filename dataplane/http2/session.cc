// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/session.h"

#include <algorithm>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/http2/session_callbacks.h"

namespace sluice::http2 {
namespace {

constexpr uint32_t kNoStreamLimit = 0x7fffffff;
constexpr uint32_t kMaxSettingsEntries = 32;
constexpr uint32_t kMaxWindow = 0x7fffffff;
// Far above what our own limits let through; nghttp2's default is not.
constexpr size_t kMaxSentHeaderBytes = 1024 * 1024;
constexpr uint64_t kNoRateLimit = uint64_t{1} << 32;

// PING payload that marks the round trip between the two GOAWAYs of a drain.
constexpr uint8_t kDrainPing[8] = {'s', 'l', 'u', 'i', 'c', 'e', 'g', 'o'};

nghttp2_option* NewOptions(const http::Http2Options& options) {
  nghttp2_option* out = nullptr;
  CHECK_EQ(nghttp2_option_new(&out), 0);
  // Fields and lengths are checked by FieldReader and WireStream (field_reader.h says why).
  nghttp2_option_set_no_http_messaging(out, 1);
  nghttp2_option_set_no_auto_window_update(out, 1);
  nghttp2_option_set_max_outbound_ack(out, options.max_outbound_control_frames);
  nghttp2_option_set_max_settings(out, kMaxSettingsEntries);
  nghttp2_option_set_peer_max_concurrent_streams(out, kStreamsBeforeSettings);
  // Replaced by FrameGuard, which counts frames (nghttp2 counts reads) and by ResetBudget, which
  // closes (nghttp2 keeps the old streams going).
  nghttp2_option_set_max_continuations(out, kNoStreamLimit);
  nghttp2_option_set_stream_reset_rate_limit(out, kNoRateLimit, kNoRateLimit);
  // Its glitches count DATA that comes late for a stream we answered early, which is honest.
  nghttp2_option_set_glitch_rate_limit(out, kNoRateLimit, kNoRateLimit);
  nghttp2_option_set_max_send_header_block_length(out, kMaxSentHeaderBytes);
  return out;
}

}  // namespace

Session::Session(Role role, const http::Http2Options& options, http::CodecHost& host,
                 SessionOwner& owner, const base::Clock& clock)
    : role_(role),
      max_outbound_control_frames_(options.max_outbound_control_frames),
      host_(host),
      owner_(owner),
      guard_(options, role == Role::kServer),
      resets_(options.stream_reset_burst, options.stream_reset_per_second, clock) {
  nghttp2_option* raw_options = NewOptions(options);
  const auto make =
      role == Role::kServer ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  CHECK_EQ(make(&raw_, SessionCallbacks::Table(), this, raw_options, HeapForNghttp2()), 0);
  nghttp2_option_del(raw_options);
  SubmitInitialFrames(options);
}

Session::~Session() {
  ++depth_;
  eof_ = true;
  // Also those that left the wire well: what they have not been told they never will be.
  streams_.ForEach([&](WireStream& stream) {
    stream.Fail({http::ErrorKind::kConnectionClosed, peer_side(), http::Retry::kNever,
                 "h2-connection-destroyed"});
  });
  Dispatch();
  --depth_;
  nghttp2_session_del(raw_);
  for (WireStream* stream : graveyard_) delete stream;
}

void Session::SubmitInitialFrames(const http::Http2Options& options) {
  nghttp2_settings_entry entries[5];
  size_t n = 0;
  const auto add = [&](int32_t id, uint32_t value) { entries[n++] = {id, value}; };
  add(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
      std::min(options.initial_stream_window_bytes, kMaxWindow));
  add(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options.limits.max_headers_bytes);
  add(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options.header_table_size);
  if (role_ == Role::kClient) {
    add(NGHTTP2_SETTINGS_ENABLE_PUSH, 0);
  } else {
    add(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
    if (options.allow_connect) add(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1);
  }
  CHECK_EQ(nghttp2_submit_settings(raw_, NGHTTP2_FLAG_NONE, entries, n), 0);
  CHECK_EQ(nghttp2_session_set_local_window_size(
               raw_, NGHTTP2_FLAG_NONE, 0,
               static_cast<int32_t>(std::min(options.initial_connection_window_bytes, kMaxWindow))),
           0);
}

void Session::Receive(base::Buffer& in) {
  ++depth_;
  while (!in.empty() && wants_input()) {
    const base::Slice slice = in.front();
    in.Drain(slice.size());
    Feed(slice);
  }
  if (!wants_input()) in.Clear();
  Dispatch();
  --depth_;
  if (has_output()) host_.OnOutputReady();
}

void Session::Feed(const base::Slice& slice) {
  slice_ = &slice;
  const std::string_view bytes = slice.view();
  size_t fed = 0;
  size_t scanned = 0;
  while (scanned < bytes.size() && !terminated_) {
    const size_t step_begin = scanned;
    FrameGuard::Step step;
    scanned += guard_.Scan(bytes.substr(scanned), step);
    if (step == FrameGuard::Step::kBytes) continue;
    if (step == FrameGuard::Step::kPayload && guard_.header().type == FrameType::kWindowUpdate) {
      // None of the frame has gone to nghttp2 yet.
      if (RefuseOverflow()) {
        held_size_ = 0;
        fed = scanned;
      }
      continue;
    }
    // nghttp2 must have seen the frames before, for what is open to be known.
    Push(bytes.substr(fed, step_begin - fed));
    fed = step_begin;
    if (terminated_) break;
    const FrameFault fault =
        step == FrameGuard::Step::kHeader ? guard_.JudgeHeader() : guard_.JudgePriority();
    if (fault) {
      Terminate(fault.code, fault.detail, fault.flood);
      break;
    }
    if (step == FrameGuard::Step::kHeader && !Admit()) break;
  }
  if (!terminated_) PushJudged(bytes.substr(fed));
  slice_ = nullptr;
}

// The beginning of a frame that cannot be judged yet waits for its rest, so that a frame is refused
// whole wherever the client cut it.
void Session::PushJudged(std::string_view bytes) {
  const size_t undecided = guard_.undecided();
  // More than there is here: it began in an earlier slice, and waits there already.
  const size_t waiting = std::min(undecided, bytes.size());
  Push(bytes.substr(0, bytes.size() - waiting));
  const std::string_view rest = bytes.substr(bytes.size() - waiting);
  std::copy(rest.begin(), rest.end(), held_ + held_size_);
  held_size_ += rest.size();
}

// A stream's window past 2^31-1 is that stream's error (RFC 9113 §6.9.1); nghttp2 would end the
// connection for it.
bool Session::RefuseOverflow() {
  const int32_t id = static_cast<int32_t>(guard_.header().stream_id);
  if (id == 0 || nghttp2_session_find_stream(raw_, id) == nullptr) return false;
  const int64_t window = nghttp2_session_get_stream_remote_window_size(raw_, id);
  if (window + guard_.word() <= int64_t{kMaxWindow}) return false;
  ResetStream(id, NGHTTP2_FLOW_CONTROL_ERROR, /*spend_budget=*/true);
  return true;
}

bool Session::Admit() {
  const FrameHeader& frame = guard_.header();
  if (role_ == Role::kClient) return true;
  if (frame.type != FrameType::kHeaders && frame.type != FrameType::kData) return true;
  if (frame.type == FrameType::kHeaders && history_.NoteHeaders(frame.stream_id)) return true;
  // Idle, even and zero ids are nghttp2's to refuse.
  if (frame.stream_id > history_.highest() || frame.stream_id % 2 == 0) return true;
  if (nghttp2_session_find_stream(raw_, static_cast<int32_t>(frame.stream_id)) != nullptr) {
    return true;
  }
  // Streams that came after our GOAWAY are ignored, not judged.
  if (final_goaway_submitted_ &&
      frame.stream_id > static_cast<uint32_t>(nghttp2_session_get_last_proc_stream_id(raw_))) {
    return true;
  }
  const FrameFault fault = history_.JudgeLateFrame(frame);
  if (!fault) return true;
  Terminate(fault.code, fault.detail, fault.flood);
  return false;
}

void Session::Push(std::string_view bytes) {
  if (bytes.empty()) return;
  // What waited, and has since been judged, goes first.
  if (held_size_ > 0) Push({held_, std::exchange(held_size_, 0)});
  if (terminated_) return;
  const nghttp2_ssize n =
      nghttp2_session_mem_recv2(raw_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (n < 0) return OnReceiveError(static_cast<int>(n));
  if (nghttp2_session_get_outbound_queue_size(raw_) >
      max_outbound_control_frames_ + 3 * streams_on_wire_) {
    Terminate(ErrorCode::kEnhanceYourCalm, "h2-outbound-control-flood", true);
  }
}

void Session::OnReceiveError(int error) {
  switch (error) {
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return Terminate(ErrorCode::kEnhanceYourCalm, "h2-control-flood", true);
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return Terminate(ErrorCode::kProtocolError, "h2-bad-preface", false);
    default:
      return Terminate(ErrorCode::kInternalError, "h2-session-failure", false);
  }
}

void Session::OnEof() {
  ++depth_;
  eof_ = true;
  FailAll({http::ErrorKind::kConnectionClosed, peer_side(), http::Retry::kIfReused,
           "h2-connection-closed"});
  owner_.OnPeerLimitsChanged();
  Dispatch();
  --depth_;
}

void Session::Produce(base::Buffer& out, size_t limit) {
  ++depth_;
  if (has_output()) {
    if (lingering_credit_ > 0) {
      nghttp2_submit_window_update(raw_, NGHTTP2_FLAG_NONE, 0,
                                   static_cast<int32_t>(std::exchange(lingering_credit_, 0)));
    }
    out_ = &out;
    out_end_ = out.size() + limit;
    if (nghttp2_session_send(raw_) != 0) {
      Terminate(ErrorCode::kInternalError, "h2-session-failure", false);
    }
    out_ = nullptr;
  }
  Dispatch();
  --depth_;
}

bool Session::has_output() const {
  if (eof_ || error_goaway_sent_) return false;
  return lingering_credit_ > 0 || nghttp2_session_want_write(raw_) != 0;
}

bool Session::finished() const {
  // A stream that ended well before its connection did may still be waiting for a paused sink.
  return active_streams_ == 0 && (terminated_ || eof_ || final_goaway_sent_ || peer_goaway_);
}

void Session::Drain() {
  if (draining_ || terminated_ || eof_) return;
  draining_ = true;
  if (role_ == Role::kServer) {
    // Two steps (RFC 9113 §6.8): requests that are on their way when the client hears of it are
    // still served, so the last id is named one round trip later.
    nghttp2_submit_shutdown_notice(raw_);
    nghttp2_submit_ping(raw_, NGHTTP2_FLAG_NONE, kDrainPing);
  } else {
    FinishDrain();
  }
  host_.OnOutputReady();
}

void Session::FinishDrain() {
  if (final_goaway_submitted_) return;
  final_goaway_submitted_ = true;
  nghttp2_submit_goaway(raw_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(raw_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

void Session::Terminate(ErrorCode code, std::string_view detail, bool flood) {
  if (terminated_) return;
  terminated_ = true;
  nghttp2_session_terminate_session(raw_, static_cast<uint32_t>(code));
  FailAll({flood ? http::ErrorKind::kFlood : http::ErrorKind::kProtocol, peer_side(),
           http::Retry::kNever, detail});
  owner_.OnPeerLimitsChanged();
}

void Session::OnHeadTimeout() {
  if (terminated_ || eof_) return;
  ++depth_;
  terminated_ = true;
  nghttp2_session_terminate_session(raw_, NGHTTP2_ENHANCE_YOUR_CALM);
  FailAll(
      {http::ErrorKind::kConnectionClosed, peer_side(), http::Retry::kNever, "h2-header-timeout"});
  Dispatch();
  --depth_;
  host_.OnOutputReady();
}

void Session::FailAll(const http::StreamError& error) {
  streams_.ForEach([&](WireStream& stream) {
    if (!stream.closed()) stream.Fail(error);
  });
}

void Session::SpendReset() {
  if (role_ == Role::kClient || resets_.TrySpend()) return;
  Terminate(ErrorCode::kEnhanceYourCalm, "h2-reset-flood", true);
}

void Session::Adopt(WireStream& stream) {
  streams_.PushBack(stream);
  ++active_streams_;
  ++streams_on_wire_;
}

void Session::Retire(WireStream& stream) {
  if (header_stream_ == &stream) header_stream_ = nullptr;
  if (!stream.closed()) {
    OnStreamLeftWire();
    if (stream.id() > 0) nghttp2_session_set_stream_user_data(raw_, stream.id(), nullptr);
  }
  stream.Unlink();
  --active_streams_;
  graveyard_.push_back(&stream);
}

void Session::MarkReady(WireStream& stream) {
  if (stream.in_ready || stream.retired()) return;
  stream.in_ready = true;
  ready_.push_back(&stream);
  if (depth_ > 0) return;
  // With nothing of ours on the stack there is nobody to dispatch it: ask to be called, either way.
  // A host that never stopped reading, since one paused stream does not stop the others, has
  // nothing to receive again, but flushes at the end of its turn.
  host_.OnReceiveReady();
  host_.OnOutputReady();
}

void Session::Dispatch() {
  if (depth_ > 1) return;  // The outermost call does it.
  // Sinks may mark more streams; each round tells what the one before brought about. A round
  // needs a sink to act, so this ends when they have nothing more to do.
  while (!ready_.empty()) {
    std::swap(ready_, dispatching_);
    for (WireStream* stream : dispatching_) {
      stream->in_ready = false;
      stream->Dispatch();
    }
    dispatching_.clear();
  }
  for (WireStream* stream : graveyard_) delete stream;
  graveyard_.clear();
}

}  // namespace sluice::http2
