// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/client_codec.h"

#include <algorithm>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/http1/stream_pool.h"

namespace sluice::http1 {
namespace {

using http::ErrorKind;
using http::Retry;
using http::Side;
using Pool = StreamPool<Http1ClientStream>;

}  // namespace

class Http1ClientCodec::Dispatch {
 public:
  explicit Dispatch(Http1ClientCodec& codec) : codec_(codec) { codec_.dispatching_ = true; }
  ~Dispatch() {
    codec_.dispatching_ = false;
    codec_.ReleaseIfGone();
  }

 private:
  Http1ClientCodec& codec_;
};

Http1ClientCodec::~Http1ClientCodec() {
  ResetSink({ErrorKind::kConnectionClosed, Side::kUpstream, Retry::kNever, "connection-closed"});
  ReleaseIfGone();
}

http::ClientStream& Http1ClientCodec::NewStream(http::ResponseSink& sink) {
  DCHECK(can_open_stream());
  stream_ = Pool::Take();
  stream_->codec = this;
  stream_->sink = &sink;
  stream_->core.sink = &sink;
  return *stream_;
}

void Http1ClientCodec::Drain() {
  drain_ = true;
  if (stream_ == nullptr) Die();
}

void Http1ClientCodec::Receive(base::Buffer& in) {
  Dispatch dispatch(*this);
  receiving_ = true;
  while (Step(in)) {
  }
  receiving_ = false;
  held_ = in.size();
  if (eof_ && (stream_ == nullptr || stream_->core.pauses == 0)) HandleEof();
}

bool Http1ClientCodec::Step(base::Buffer& in) {
  ReleaseIfGone();
  if (dead_) {
    in.Clear();
    return false;
  }
  if (in.empty()) return false;
  if (stream_ == nullptr) {
    Die();  // Nobody asked.
    return true;
  }
  if (!stream_->produced) {
    return Fail({ErrorKind::kProtocol, Side::kUpstream, Retry::kSafe, "response-before-request"});
  }
  stream_->answered = true;
  if (!stream_->have_head) return ReceiveHead(in);
  if (stream_->core.decoder.done()) {
    // The answer is over, and the request goes on: nothing more can belong to it.
    close_ = true;
    in.Clear();
    return false;
  }
  return ReceiveBody(in);
}

bool Http1ClientCodec::ReceiveHead(base::Buffer& in) {
  if (stream_->core.pauses > 0) return false;
  if (scanner_.offset() == 0 && in.front().data()[0] != 'H') {
    return Fail(BadSyntax("bad-status-line"));
  }
  switch (scanner_.Scan(in, options_.limits.max_headers_bytes)) {
    case HeadScanner::Result::kIncomplete:
      return false;
    case HeadScanner::Result::kBareLf:
      return Fail(BadSyntax("bare-lf"));
    case HeadScanner::Result::kTooLarge:
      return Fail(HeadersTooLarge("headers-too-large"));
    case HeadScanner::Result::kComplete:
      return TakeHead(in);
  }
  return false;
}

bool Http1ClientCodec::TakeHead(base::Buffer& in) {
  const size_t head_bytes = scanner_.size();
  base::Slice section = in.Linearize(head_bytes);
  in.Drain(head_bytes);
  held_ = in.size();
  scanner_.Reset();
  stream_->ClearHead();
  ResponseHeadFacts facts;
  const ParseError error =
      ParseResponseHead(std::move(section), options_, stream_->context, stream_->head, facts);
  if (!error.ok()) return Fail(error);
  const bool interim = stream_->head.status / 100 == 1 && !facts.tunnel;
  if (interim) return TakeInterimHead();
  if (!TakeFinalHead(facts, head_bytes)) return true;
  if (stream_->core.decoder.done()) {
    if (!in.empty()) close_ = true;
    MaybeComplete();
  }
  return true;
}

bool Http1ClientCodec::TakeInterimHead() {
  if (++stream_->informational > options_.max_informational) {
    return Fail(BadSyntax("too-many-informational"));
  }
  // 102 and unknown ones say nothing that a client could use.
  const uint16_t status = stream_->head.status;
  if (status == 100 || status == 103) stream_->sink->OnInformational(stream_->head);
  return true;
}

// False if the sink gave the stream up.
bool Http1ClientCodec::TakeFinalHead(const ResponseHeadFacts& facts, size_t head_bytes) {
  StreamCore& core = stream_->core;
  stream_->have_head = true;
  if (!facts.keep_alive) close_ = true;
  if (facts.tunnel) {
    OpenTunnel();
  } else if (facts.no_body) {
    core.decoder.StartNothing();
  } else if (facts.until_close) {
    core.decoder.StartUntilClose();
  } else if (stream_->head.framing.kind == http::Framing::Kind::kLength) {
    core.decoder.StartLength(stream_->head.framing.length);
  } else {
    core.decoder.StartChunked({options_.limits.max_headers_bytes - head_bytes, facts.fields_left});
  }
  if (stream_->may_tunnel && !facts.tunnel) {
    // Refused: the request is over, and what was meant for the tunnel with it.
    stream_->may_tunnel = false;
    if (!stream_->held.empty()) close_ = true;
    stream_->held.Clear();
    core.above_high_mark = false;
    core.send_ended = true;
  }
  const bool end_stream = core.decoder.done();
  core.sink_told_end = end_stream;
  stream_->sink->OnResponse(stream_->head, end_stream);
  return !core.gone;
}

void Http1ClientCodec::OpenTunnel() {
  StreamCore& core = stream_->core;
  close_ = true;
  stream_->may_tunnel = false;
  core.decoder.StartTunnel();
  core.encoder.Start(BodyEncoder::Kind::kRaw);
  if (stream_->held.empty()) return;
  out_.MoveFrom(stream_->held);
  host_.OnOutputReady();
}

bool Http1ClientCodec::ReceiveBody(base::Buffer& in) {
  StreamCore& core = stream_->core;
  if (core.pauses > 0) return false;
  held_ = 0;
  const StreamCore::Pumped pumped = core.PumpBody(in, options_);
  held_ = in.size();
  if (core.gone) return true;
  switch (pumped) {
    case StreamCore::Pumped::kNothing:
      return false;
    case StreamCore::Pumped::kSome:
      return true;
    case StreamCore::Pumped::kError:
      return Fail(core.decoder.error());
    case StreamCore::Pumped::kEnd:
      if (!in.empty()) close_ = true;
      MaybeComplete();
      return true;
  }
  return false;
}

bool Http1ClientCodec::Fail(const ParseError& error) {
  return Fail({error.kind, Side::kUpstream, Retry::kNever, error.detail});
}

bool Http1ClientCodec::Fail(const http::StreamError& error) {
  ResetSink(error);
  out_.Clear();
  Die();
  return true;
}

void Http1ClientCodec::OnEof() {
  eof_ = true;
  if (dead_) return;
  // What a paused stream has left unread came before the end.
  if (stream_ != nullptr && stream_->core.pauses > 0 && held_ > 0) return;
  Dispatch dispatch(*this);
  HandleEof();
}

void Http1ClientCodec::HandleEof() {
  if (dead_) return;
  close_ = true;
  if (stream_ == nullptr) return Die();
  StreamCore& core = stream_->core;
  if (core.gone) return;
  if (!stream_->have_head) {
    Retry retry = Retry::kNever;
    if (!stream_->produced) {
      retry = Retry::kSafe;
    } else if (reused_ && !stream_->answered) {
      retry = Retry::kIfReused;
    }
    Fail({ErrorKind::kConnectionClosed, Side::kUpstream, retry,
          stream_->answered ? "upstream-closed-in-head" : "upstream-closed-before-response"});
    return;
  }
  const bool ends_here = core.decoder.until_close() || core.decoder.tunnel();
  if (!core.decoder.done() && !ends_here) {
    Fail(
        {ErrorKind::kConnectionClosed, Side::kUpstream, Retry::kNever, "upstream-closed-mid-body"});
    return;
  }
  core.TellEnd();
  MaybeComplete();
}

void Http1ClientCodec::Produce(base::Buffer& out, size_t limit) {
  Dispatch dispatch(*this);
  if (refusal_due_) {
    refusal_due_ = false;
    Fail({ErrorKind::kProtocol, Side::kOurselves, Retry::kNever, "illegal-request-head"});
    return;
  }
  if (!out_.empty() && stream_ != nullptr) stream_->produced = true;
  out.MoveFrom(out_, std::min(limit, out_.size()));
  if (stream_ == nullptr || stream_->core.gone) return;
  if (stream_->core.FellBelowLowMark(out_.size() + stream_->held.size(), options_.limits)) {
    stream_->core.sink->OnCanSend();
  }
  if (stream_->core.gone || !out_.empty()) return;
  end_due_ = false;
  // A tunnel of which our end is over has nobody left to read for.
  if (stream_->core.send_ended && stream_->core.decoder.tunnel()) stream_->core.TellEnd();
  MaybeComplete();
}

void Http1ClientCodec::MaybeComplete() {
  StreamCore& core = stream_->core;
  if (core.gone || !stream_->have_head || !core.decoder.done()) return;
  if (!core.send_ended || !out_.empty()) {
    // Answered before it was asked in full: the rest may still be sent, but no other request can
    // follow on a connection whose upstream may not read it (H1-08).
    close_ = true;
    if (!core.send_ended) return;
  }
  out_.Clear();
  end_due_ = false;
  reused_ = true;
  std::unique_ptr<Http1ClientStream> stream = std::move(stream_);
  stream->core.gone = true;
  scanner_.Reset();
  http::ResponseSink& sink = *stream->sink;
  if (close_ || drain_ || held_ > 0) Die();
  Pool::Give(std::move(stream));
  host_.OnStreamComplete(sink);
}

void Http1ClientCodec::ResetSink(const http::StreamError& error) {
  if (stream_ == nullptr || stream_->core.gone) return;
  stream_->core.gone = true;
  stream_->core.sink->OnReset(error);
}

void Http1ClientCodec::Die() {
  dead_ = true;
  end_due_ = false;
  host_.OnOutputReady();
}

void Http1ClientCodec::ReleaseIfGone() {
  if (stream_ == nullptr || !stream_->core.gone) return;
  Pool::Give(std::move(stream_));
  scanner_.Reset();
}

}  // namespace sluice::http1
