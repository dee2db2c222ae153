// SPDX-License-Identifier: Apache-2.0
// The sending half of Http1ServerCodec: what its stream may call.
#include <utility>

#include "absl/log/check.h"
#include "dataplane/http1/error_reply.h"
#include "dataplane/http1/head_writer.h"
#include "dataplane/http1/server_codec.h"

namespace sluice::http1 {
namespace {

using http::Framing;

// RFC 9112 §6.3: answers that never have a body, whatever their fields say.
bool NeverHasBody(uint16_t status, bool to_head) {
  return to_head || status / 100 == 1 || status == 204 || status == 304;
}

}  // namespace

void Http1ServerCodec::SendInformational(const http::ResponseHead& head) {
  if (stream_->core.head_sent || stream_->version == http::Version::kHttp10) return;
  if (head.status == 100) stream_->sent_continue = true;
  WriteResponseHead(head.status, head.headers, {}, Persistence::kUnsaid, {}, out_);
  host_.OnOutputReady();
}

// Whether the connection can take another request when this response has ended.
bool Http1ServerCodec::StaysOpenAfterResponse() const {
  if (close_ || drain_ || eof_) return false;
  const StreamCore& core = stream_->core;
  // Bytes behind an upgrade request that was refused were meant for the other protocol (WS-01).
  if (stream_->may_tunnel) return held_ == 0;
  if (core.decoder.done()) return true;
  // A client that was not told to continue may or may not send its body: no telling what comes.
  if (stream_->expects_continue && !stream_->sent_continue && !stream_->body_begun) {
    return false;
  }
  return core.decoder.EndsWithin(kDrainBytes);
}

void Http1ServerCodec::SwitchToTunnel(const http::ResponseHead& head) {
  const bool upgraded = head.status == 101;
  WriteResponseHead(head.status, head.headers, {}, Persistence::kUnsaid,
                    upgraded ? stream_->upgrade : std::string_view(), out_);
  close_ = true;  // A tunnel never turns back.
  stream_->may_tunnel = false;
  stream_->core.head_sent = true;
  stream_->core.decoder.StartTunnel();
  stream_->core.encoder.Start(BodyEncoder::Kind::kRaw);
  host_.OnOutputReady();
  if (held_ > 0) Resume();
}

// Starts the encoder and returns what the head says of it.
LengthField Http1ServerCodec::FrameResponse(const http::ResponseHead& head, bool end_stream) {
  BodyEncoder& encoder = stream_->core.encoder;
  const bool has_length = head.framing.kind == Framing::Kind::kLength;
  if (NeverHasBody(head.status, stream_->is_head)) {
    encoder.Start(BodyEncoder::Kind::kNothing);
    // HEAD and 304 may say how long the body would have been (RFC 9110 §8.6).
    if (!has_length || head.status / 100 == 1 || head.status == 204) return {};
    return {LengthField::Kind::kLength, head.framing.length};
  }
  if (end_stream || has_length) {
    const uint64_t length = end_stream ? 0 : head.framing.length;
    encoder.Start(BodyEncoder::Kind::kLength, length);
    return {LengthField::Kind::kLength, length};
  }
  if (stream_->version == http::Version::kHttp10) {
    encoder.Start(BodyEncoder::Kind::kRaw);
    close_ = true;
    return {};
  }
  encoder.Start(BodyEncoder::Kind::kChunked);
  return {LengthField::Kind::kChunked, 0};
}

// A 101 that nobody asked for would make the client read its next answer as something else.
void Http1ServerCodec::RefuseSwitch() {
  close_ = true;
  WriteErrorReply({502, http::ErrorKind::kProtocol, "unasked-101"}, stream_->is_head, out_);
  stream_->core.head_sent = true;
  EndSend(true);
}

void Http1ServerCodec::SendResponse(const http::ResponseHead& head, bool end_stream) {
  StreamCore& core = stream_->core;
  DCHECK(!core.head_sent);
  const bool accepts_tunnel =
      stream_->may_tunnel && (stream_->is_connect ? head.status / 100 == 2 : head.status == 101);
  if (accepts_tunnel) {
    SwitchToTunnel(head);
    if (end_stream) EndSend(true);
    return;
  }
  if (head.status == 101) return RefuseSwitch();
  close_ = !StaysOpenAfterResponse();
  if (stream_->may_tunnel) {
    stream_->may_tunnel = false;
    core.decoder.Finish();
  }

  const LengthField length = FrameResponse(head, end_stream);
  Persistence persistence = Persistence::kUnsaid;
  if (close_) {
    persistence = Persistence::kClose;
  } else if (stream_->version == http::Version::kHttp10) {
    persistence = Persistence::kKeepAlive;
  }
  WriteResponseHead(head.status, head.headers, length, persistence, {}, out_);
  core.head_sent = true;
  if (end_stream) return EndSend(true);
  host_.OnOutputReady();
}

void Http1ServerCodec::SendData(base::Buffer& data, bool end_stream) {
  StreamCore& core = stream_->core;
  if (core.send_ended) return;
  DCHECK(core.head_sent);
  const bool kept_length = core.encoder.Encode(data, end_stream, out_);
  core.NoteQueued(out_.size(), options_.limits);
  if (end_stream || !kept_length) return EndSend(kept_length);
  if (!out_.empty()) host_.OnOutputReady();
}

void Http1ServerCodec::SendTrailers(const http::HeaderMap& trailers) {
  StreamCore& core = stream_->core;
  if (core.send_ended) return;
  EndSend(core.encoder.End(options_.enable_trailers ? &trailers : nullptr, out_));
}

// A response that broke its declared length leaves the client waiting or confused: the end of the
// connection tells it.
void Http1ServerCodec::EndSend(bool kept_length) {
  if (!kept_length) close_ = true;
  stream_->core.send_ended = true;
  end_due_ = true;
  host_.OnOutputReady();
}

void Http1ServerCodec::ResetStream(const http::StreamError& error) {
  StreamCore& core = stream_->core;
  core.gone = true;
  end_due_ = false;
  if (core.send_ended) {
    // The message is complete; the connection goes on if the request is as well.
    if (close_ || drain_ || !core.decoder.done()) {
      Die();
    } else if (held_ > 0) {
      Resume();
    }
  } else {
    // What the upstream gave before it failed still goes out, cut short where a client can see it;
    // a client that is at fault, or does not read, gets no more.
    if (error.side != http::Side::kUpstream) out_.Clear();
    Die();
  }
  if (!dispatching_) ReleaseIfGone();
}

void Http1ServerCodec::Resume() {
  // Inside Receive the loop goes on by itself.
  if (!receiving_) host_.OnReceiveReady();
}

}  // namespace sluice::http1
