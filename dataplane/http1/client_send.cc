// SPDX-License-Identifier: Apache-2.0
// The sending half of Http1ClientCodec: what its stream may call.
#include <string_view>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/http1/client_codec.h"
#include "dataplane/http1/head_writer.h"

namespace sluice::http1 {
namespace {

using http::Framing;

// Methods of which a server expects a body, so that its absence is said (RFC 9110 §8.6).
bool ExpectsBody(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

LengthField FrameRequest(const http::RequestHead& head, bool end_stream, BodyEncoder& encoder) {
  const bool has_length = head.framing.kind == Framing::Kind::kLength;
  if (end_stream || head.framing.kind == Framing::Kind::kNone) {
    encoder.Start(BodyEncoder::Kind::kNothing);
    if (!has_length && !ExpectsBody(head.method)) return {};
    return {LengthField::Kind::kLength, 0};
  }
  if (has_length) {
    encoder.Start(BodyEncoder::Kind::kLength, head.framing.length);
    return {LengthField::Kind::kLength, head.framing.length};
  }
  encoder.Start(BodyEncoder::Kind::kChunked);
  return {LengthField::Kind::kChunked, 0};
}

}  // namespace

void Http1ClientCodec::SendRequest(const http::RequestHead& head, bool end_stream) {
  StreamCore& core = stream_->core;
  DCHECK(!core.head_sent);
  core.head_sent = true;
  stream_->may_tunnel = !head.upgrade.empty() || head.method == "CONNECT";
  stream_->context.to_head = head.method == "HEAD";
  stream_->context.to_connect = head.method == "CONNECT";
  if (!head.upgrade.empty()) stream_->context.upgrade = core.arena.Copy(head.upgrade);
  LengthField length;
  if (!stream_->may_tunnel) length = FrameRequest(head, end_stream, core.encoder);
  if (!WriteRequestHead(head, length, out_)) {
    refusal_due_ = true;
    core.send_ended = true;
  }
  // A head without framing has no body, even where its end was not told with it: so comes a request
  // for an upgrade that somebody in front of us made a plain one.
  const bool ended = end_stream || head.framing.kind == Framing::Kind::kNone;
  if (ended && !stream_->may_tunnel) return EndSend(true);
  host_.OnOutputReady();
}

void Http1ClientCodec::SendData(base::Buffer& data, bool end_stream) {
  StreamCore& core = stream_->core;
  if (core.send_ended) return;
  DCHECK(core.head_sent);
  bool kept_length = true;
  if (stream_->may_tunnel) {
    stream_->held.MoveFrom(data);
  } else {
    kept_length = core.encoder.Encode(data, end_stream, out_);
  }
  core.NoteQueued(out_.size() + stream_->held.size(), options_.limits);
  if (end_stream || !kept_length) return EndSend(kept_length);
  if (!out_.empty()) host_.OnOutputReady();
}

void Http1ClientCodec::SendTrailers(const http::HeaderMap& trailers) {
  StreamCore& core = stream_->core;
  if (core.send_ended) return;
  EndSend(core.encoder.End(options_.enable_trailers ? &trailers : nullptr, out_));
}

// A request that broke its declared length would leave the upstream reading the next one as its
// body: the connection ends with it.
void Http1ClientCodec::EndSend(bool kept_length) {
  if (!kept_length) close_ = true;
  stream_->core.send_ended = true;
  end_due_ = true;
  host_.OnOutputReady();
}

void Http1ClientCodec::ResetStream() {
  StreamCore& core = stream_->core;
  const bool complete = stream_->have_head && core.decoder.done() && core.send_ended &&
                        out_.empty() && !close_ && !drain_ && held_ == 0;
  core.gone = true;
  end_due_ = refusal_due_ = false;
  reused_ = true;
  out_.Clear();
  if (!complete) Die();
  if (!dispatching_) ReleaseIfGone();
}

void Http1ClientCodec::Resume() {
  // Inside Receive the loop goes on by itself.
  if (!receiving_) host_.OnReceiveReady();
}

}  // namespace sluice::http1
