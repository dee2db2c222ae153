// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http2/wire_stream.h"

#include <algorithm>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/http2/session.h"

namespace sluice::http2 {
namespace {

// Below it a copy is cheaper than another slice: on receipt since a slice pins a whole block (one
// byte must not cost a peer's victim 16 KiB), on sending since it saves an iovec.
constexpr size_t kCopyReceivedBelow = 2048;
constexpr size_t kCopySentBelow = 1024;

}  // namespace

WireStream::WireStream(Session& session, const http::MessageLimits& limits)
    : session_(session), high_water_(limits.stream_buffer_bytes) {}

void WireStream::OnBody(base::Slice chunk) {
  received_ += chunk.size();
  if (has_expected_length_ && received_ > expected_length_) {
    return Reject(http::ErrorKind::kProtocol, "h2-body-exceeds-content-length");
  }
  if (chunk.size() < kCopyReceivedBelow) {
    held_.AppendCopy(chunk.view());
  } else {
    held_.Append(std::move(chunk));
  }
  MarkReady();
}

bool WireStream::EndReceiving() {
  if (has_expected_length_ && received_ != expected_length_) {
    Reject(http::ErrorKind::kProtocol, "h2-body-shorter-than-content-length");
    return false;
  }
  receive_ended_ = true;
  MarkReady();
  return true;
}

void WireStream::OnBodyEnd() { EndReceiving(); }

void WireStream::OnClosed(uint32_t error_code) {
  closed_ = true;
  session_.OnStreamLeftWire();
  if (!ClosedWell()) Fail(ErrorOnClose(error_code));
  MarkReady();
}

nghttp2_ssize WireStream::OnReadBody(size_t max, uint32_t& data_flags) {
  const size_t size = std::min(max, out_.size());
  if (size == 0 && !out_ended_) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  data_flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == out_.size() && out_ended_) {
    data_flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!out_trailers_.empty()) {
      data_flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      session_.SubmitTrailers(id_, out_trailers_);
    }
  }
  return static_cast<nghttp2_ssize>(size);
}

void WireStream::OnWriteBody(size_t size, base::Buffer& out) {
  if (size < kCopySentBelow) {
    while (size > 0) {
      const std::string_view piece = out_.front().view().substr(0, size);
      out.AppendCopy(piece);
      size -= piece.size();
      out_.Drain(piece.size());
    }
  } else {
    out.MoveFrom(out_, size);
  }
  if (was_above_ && out_.size() <= high_water_ / 2) {
    was_above_ = false;
    can_send_told_ = false;
    MarkReady();
  }
}

void WireStream::QueueData(base::Buffer& data, bool end_stream) {
  if (closed_ || failed_) {
    // The peer has closed the stream and wants no more; the sink has yet to hear of it, or has
    // its whole answer and is only finishing.
    data.Clear();
  } else {
    out_.MoveFrom(data);
  }
  out_ended_ |= end_stream;
  was_above_ |= out_.size() > high_water_;
  if (closed_) return MarkReady();
  if (deferred_) {
    deferred_ = false;
    session_.ResumeData(id_);
  }
}

void WireStream::QueueTrailers(const http::HeaderMap& trailers) {
  for (const http::HeaderMap::Field& field : trailers) {
    if (field.value.empty()) {
      out_trailers_.Add({arena_.Copy(field.name), "", field.id});
    } else {
      out_trailers_.Add({arena_.Copy(field.name), arena_.Copy(field.value), field.id});
    }
  }
  base::Buffer nothing;
  QueueData(nothing, true);
}

void WireStream::ResetBySink(const http::StreamError& error, uint32_t code) {
  if (!closed_) {
    // Only what the peer brought about spends its budget.
    session_.ResetStream(id_, code, error.side == http::Side::kDownstream);
  }
  Retire();
}

void WireStream::Resume() {
  DCHECK_GT(pauses_, 0u);
  if (--pauses_ > 0) return;
  CreditPeer();
  MarkReady();
}

void WireStream::Reject(http::ErrorKind kind, std::string_view detail) {
  session_.OnStreamViolation(id_);
  Fail({kind, session_.peer_side(), http::Retry::kNever, detail});
}

void WireStream::Fail(const http::StreamError& error) {
  if (failed_ || retired_) return;
  failed_ = true;
  error_ = error;
  // An answer has begun, so another connection would not give the same one.
  if (error.retry == http::Retry::kIfReused && head_seen()) error_.retry = http::Retry::kNever;
  MarkReady();
}

void WireStream::MarkReady() { session_.MarkReady(*this); }

void WireStream::Retire() {
  if (retired_) return;
  retired_ = true;
  session_.ConsumeConnection(held_.size() + unconsumed_);
  session_.Retire(*this);
}

void WireStream::CreditPeer() {
  if (pauses_ > 0 || unconsumed_ == 0) return;
  session_.Consume(id_, std::exchange(unconsumed_, 0));
}

void WireStream::DeliverBody() {
  if (pauses_ > 0 || end_told_) return;
  const bool ends_here = receive_ended_ && trailers_.empty();
  if (!held_.empty() || ends_here) {
    unconsumed_ += held_.size();
    base::Buffer data = std::move(held_);
    end_told_ = ends_here;
    sink_->OnData(data, ends_here);
    if (retired_) return;
    CreditPeer();
  }
  if (receive_ended_ && !end_told_ && pauses_ == 0) {
    end_told_ = true;
    sink_->OnTrailers(trailers_);
  }
}

void WireStream::Dispatch() {
  if (retired_) return;
  if (failed_) {
    http::StreamSink* sink = sink_;
    Retire();
    if (sink == nullptr) return DeliverEarlyFailure(error_);
    return sink->OnReset(error_);
  }
  DeliverHead();
  if (head_told_ && !retired_) DeliverBody();
  if (!can_send_told_ && !retired_ && sink_ != nullptr) {
    can_send_told_ = true;
    sink_->OnCanSend();
  }
  if (retired_ || failed_ || !IsComplete()) return;
  Retire();
  NotifyComplete();
}

}  // namespace sluice::http2
