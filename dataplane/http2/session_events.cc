// SPDX-License-Identifier: Apache-2.0
// What nghttp2 tells a Session, and what streams ask of nghttp2.
#include <algorithm>
#include <utility>

#include "dataplane/http2/session.h"
#include "dataplane/http2/session_callbacks.h"

namespace sluice::http2 {
namespace {

constexpr uint32_t kMaxStreamId = 0x7fffffff;

bool EndsStream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
         (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS);
}

}  // namespace

WireStream* Session::Find(int32_t id) const {
  auto* stream = static_cast<WireStream*>(nghttp2_session_get_stream_user_data(raw_, id));
  return stream == nullptr || stream->failed() || stream->retired() ? nullptr : stream;
}

nghttp2_ssize Session::OnSend(std::string_view bytes) {
  if (out_->size() >= out_end_ || error_goaway_sent_) {
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  out_->AppendCopy(bytes);
  return static_cast<nghttp2_ssize>(bytes.size());
}

int Session::OnSendData(const nghttp2_frame& frame, const uint8_t* header, size_t size) {
  if (out_->size() >= out_end_ || error_goaway_sent_) {
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  WireStream* stream = Find(frame.hd.stream_id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  out_->AppendCopy({reinterpret_cast<const char*>(header), kFrameHeaderBytes});
  stream->OnWriteBody(size, *out_);
  return 0;
}

int Session::OnBeginHeaders(const nghttp2_frame& frame) {
  const int32_t id = frame.hd.stream_id;
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    guard_.OnStreamOpened();
    WireStream* stream = owner_.MakePeerStream(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    stream->set_id(id);
    Adopt(*stream);
    nghttp2_session_set_stream_user_data(raw_, id, stream);
  }
  header_stream_ = Find(id);
  if (header_stream_ != nullptr) header_stream_->OnBlockBegin();
  return 0;
}

int Session::OnHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  WireStream* stream = header_stream_;
  if (stream == nullptr || stream->failed()) return 0;
  if (stream->OnField(name, value) != BlockVerdict::kMalformed) return 0;
  stream->OnMalformed();
  // RST_STREAM is queued: nghttp2 now decodes the rest for its table only.
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

void Session::OnDataChunk(int32_t id, const uint8_t* data, size_t size) {
  WireStream* stream = Find(id);
  if (stream == nullptr) return Lingers(id) ? OnLingeringData(id, size) : Consume(id, size);
  const size_t offset = static_cast<size_t>(reinterpret_cast<const char*>(data) - slice_->data());
  stream->OnBody(slice_->Sub(offset, size));
}

void Session::OnDataFrame(const nghttp2_frame& frame) {
  const bool end = EndsStream(frame);
  if ((frame.hd.flags & NGHTTP2_FLAG_PADDED) != 0) {
    const FrameFault fault = guard_.JudgePaddedData(!end && frame.hd.length == frame.data.padlen);
    if (fault) return Terminate(fault.code, fault.detail, fault.flood);
  }
  WireStream* stream = Find(frame.hd.stream_id);
  if (end && stream != nullptr) stream->OnBodyEnd();
}

void Session::OnFrameReceived(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_DATA:
      return OnDataFrame(frame);
    case NGHTTP2_HEADERS: {
      WireStream* stream = std::exchange(header_stream_, nullptr);
      if (stream != nullptr && !stream->failed()) stream->OnBlockEnd(EndsStream(frame));
      return;
    }
    case NGHTTP2_RST_STREAM:
      // Who has its whole answer and gives up the rest of its request does as we would have asked.
      if (!Lingers(frame.hd.stream_id)) SpendReset();
      return;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) return;
      peer_settings_seen_ = true;
      return owner_.OnPeerLimitsChanged();
    case NGHTTP2_PING:
      // The only PING that we send is the one of a drain.
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0 && draining_) FinishDrain();
      return;
    case NGHTTP2_GOAWAY:
      peer_goaway_ = true;
      return owner_.OnPeerLimitsChanged();
    default:
      return;
  }
}

void Session::OnInvalidFrame(const nghttp2_frame& frame, int error) {
  if (error != NGHTTP2_ERR_REFUSED_STREAM) return;
  // A stream over the limit: nghttp2 answers RST_STREAM, and more frames of it may be under way.
  history_.NoteResetByUs(static_cast<uint32_t>(frame.hd.stream_id));
  SpendReset();
}

void Session::OnFrameSent(const nghttp2_frame& frame) {
  const int32_t id = frame.hd.stream_id;
  if (frame.hd.type == NGHTTP2_DATA) guard_.OnDataFrameSent();
  if (frame.hd.type == NGHTTP2_RST_STREAM) history_.NoteResetByUs(static_cast<uint32_t>(id));
  if (frame.hd.type == NGHTTP2_GOAWAY) return OnGoAwaySent(frame);
  if (!EndsStream(frame)) return;
  WireStream* stream = Find(id);
  if (stream != nullptr) stream->OnEndSent();
  // The answer is out before the request was all in: whatever comes is of no use (§8.1).
  if (role_ == Role::kServer && nghttp2_session_get_stream_remote_close(raw_, id) == 0) {
    lingering_.push_back({id});
    if (stream != nullptr) MarkReady(*stream);
  }
}

void Session::OnGoAwaySent(const nghttp2_frame& frame) {
  if (frame.goaway.error_code == NGHTTP2_NO_ERROR) {
    final_goaway_sent_ |= static_cast<uint32_t>(frame.goaway.last_stream_id) != kMaxStreamId;
    return;
  }
  error_goaway_sent_ = true;
  if (terminated_) return;
  // nghttp2 has found a connection error by itself; this is where it tells.
  terminated_ = true;
  FailAll({http::ErrorKind::kProtocol, peer_side(), http::Retry::kNever, "h2-connection-error"});
  owner_.OnPeerLimitsChanged();
}

void Session::OnFrameNotSent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat == NGHTTP2_HCAT_REQUEST) return;
  WireStream* stream = Find(frame.hd.stream_id);
  if (stream == nullptr) return;
  // A head or trailers too large to encode: without this the peer would wait for ever.
  nghttp2_submit_rst_stream(raw_, NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_INTERNAL_ERROR);
  stream->Fail({http::ErrorKind::kHeadersTooLarge, http::Side::kOurselves, http::Retry::kNever,
                "h2-sent-headers-too-large"});
}

bool Session::Lingers(int32_t id) const {
  return std::any_of(lingering_.begin(), lingering_.end(),
                     [id](const Lingering& stream) { return stream.id == id; });
}

void Session::OnLingeringData(int32_t id, size_t bytes) {
  nghttp2_session_consume_stream(raw_, id, bytes);
  lingering_credit_ += bytes;
  std::erase_if(lingering_, [&](Lingering& stream) {
    if (stream.id != id) return false;
    if (bytes < stream.bytes_left) {
      stream.bytes_left -= bytes;
      return false;
    }
    nghttp2_submit_rst_stream(raw_, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    return true;
  });
}

void Session::SweepLingering() {
  std::erase_if(lingering_, [this](Lingering& stream) {
    if (!std::exchange(stream.swept, true)) return false;
    nghttp2_submit_rst_stream(raw_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_NO_ERROR);
    return true;
  });
  NotifyOutputIfWanted();
}

void Session::OnStreamClose(int32_t id, uint32_t error_code) {
  std::erase_if(lingering_, [id](const Lingering& stream) { return stream.id == id; });
  auto* stream = static_cast<WireStream*>(nghttp2_session_get_stream_user_data(raw_, id));
  if (stream != nullptr && !stream->retired()) stream->OnClosed(error_code);
}

uint32_t Session::peer_max_streams() const {
  if (!peer_settings_seen_) return kStreamsBeforeSettings;
  return std::min<uint32_t>(
      nghttp2_session_get_remote_settings(raw_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
      kMaxStreamId);
}

void Session::NotifyOutput() {
  // From inside nghttp2 the host would come straight back; Receive and Produce ask by themselves.
  if (slice_ == nullptr && out_ == nullptr) host_.OnOutputReady();
}

int32_t Session::SubmitRequest(WireStream& stream, bool end_stream) {
  const int32_t id =
      nghttp2_submit_request2(raw_, nullptr, fields_.data(), fields_.size(),
                              end_stream ? nullptr : SessionCallbacks::BodySource(), &stream);
  if (id > 0) guard_.OnStreamOpened();
  // Its 2^30 ids are used up, which takes a busy connection a day: it must not be offered again.
  if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) Drain();
  NotifyOutput();
  return id;
}

void Session::SubmitResponse(int32_t id, bool end_stream) {
  nghttp2_submit_response2(raw_, id, fields_.data(), fields_.size(),
                           end_stream ? nullptr : SessionCallbacks::BodySource());
  NotifyOutput();
}

void Session::SubmitInformational(int32_t id) {
  nghttp2_submit_headers(raw_, NGHTTP2_FLAG_NONE, id, nullptr, fields_.data(), fields_.size(),
                         nullptr);
  NotifyOutput();
}

void Session::SubmitTrailers(int32_t id, const http::HeaderMap& trailers) {
  fields_.SetTrailers(trailers);
  nghttp2_submit_trailer(raw_, id, fields_.data(), fields_.size());
}

void Session::ResumeData(int32_t id) {
  nghttp2_session_resume_data(raw_, id);
  NotifyOutput();
}

void Session::ResetStream(int32_t id, uint32_t code, bool spend_budget) {
  if (id <= 0 || terminated_) return;
  nghttp2_submit_rst_stream(raw_, NGHTTP2_FLAG_NONE, id, code);
  if (spend_budget) SpendReset();
  NotifyOutput();
}

void Session::OnStreamViolation(int32_t id) {
  ResetStream(id, NGHTTP2_PROTOCOL_ERROR, true);
  owner_.OnPeerViolation();
}

void Session::Consume(int32_t id, size_t bytes) {
  if (terminated_) return;
  nghttp2_session_consume(raw_, id, bytes);
  NotifyOutputIfWanted();
}

void Session::ConsumeConnection(size_t bytes) {
  if (bytes == 0 || terminated_) return;
  nghttp2_session_consume_connection(raw_, bytes);
  NotifyOutputIfWanted();
}

void Session::NotifyOutputIfWanted() {
  if (has_output()) NotifyOutput();
}

}  // namespace sluice::http2
