// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/server_codec.h"

#include <algorithm>
#include <utility>

#include "dataplane/http1/char_scan.h"
#include "dataplane/http1/error_reply.h"
#include "dataplane/http1/stream_pool.h"

namespace sluice::http1 {
namespace {

using http::ErrorKind;
using http::Retry;
using http::Side;
using Pool = StreamPool<Http1ServerStream>;

constexpr size_t kRawBytes = 256;  // Of a bad request, for the log.

http::StreamError FromClient(ErrorKind kind, std::string_view detail) {
  return {kind, Side::kDownstream, Retry::kNever, detail};
}

}  // namespace

class Http1ServerCodec::Dispatch {
 public:
  explicit Dispatch(Http1ServerCodec& codec) : codec_(codec) { codec_.dispatching_ = true; }
  ~Dispatch() {
    codec_.dispatching_ = false;
    codec_.ReleaseIfGone();
  }

 private:
  Http1ServerCodec& codec_;
};

Http1ServerCodec::~Http1ServerCodec() {
  ResetSink(FromClient(ErrorKind::kConnectionClosed, "connection-closed"));
  ReleaseIfGone();
}

bool Http1ServerCodec::wants_input() const {
  if (dead_ || eof_) return false;
  if (stream_ == nullptr) return true;
  if (stream_->core.pauses > 0) return false;
  // While a response is awaited, reading goes on so that a client that leaves is noticed, until
  // there is something to keep for later.
  const bool waiting = stream_->may_tunnel || stream_->core.decoder.done();
  return !waiting || held_ == 0;
}

void Http1ServerCodec::Drain() {
  drain_ = true;
  if (stream_ == nullptr && held_ == 0) Die();
}

void Http1ServerCodec::OnHeadTimeout() {
  if (in_head()) Refuse({408, ErrorKind::kHeaderTimeout, "header-timeout"}, std::string_view());
}

void Http1ServerCodec::Receive(base::Buffer& in) {
  Dispatch dispatch(*this);
  receiving_ = true;
  while (Step(in)) {
  }
  receiving_ = false;
  held_ = in.size();
  if (eof_ && (stream_ == nullptr || stream_->core.pauses == 0)) HandleEof();
}

bool Http1ServerCodec::Step(base::Buffer& in) {
  ReleaseIfGone();
  if (dead_) {
    in.Clear();  // Nothing behind an error or a close is a request.
    return false;
  }
  if (in.empty()) return false;
  return stream_ == nullptr ? ReceiveHead(in) : ReceiveBody(in);
}

bool Http1ServerCodec::ReceiveHead(base::Buffer& in) {
  if (scanner_.offset() == 0) {
    const char first = in.front().data()[0];
    if (first == '\r') return SkipEmptyLine(in);
    if (first == '\n') return Refuse(BadSyntax("bare-lf"), in);
    // What cannot become a request is refused at once, not when its timer runs out.
    if (kNameMap[static_cast<uint8_t>(first)] == 0) return Refuse(BadSyntax("bad-method"), in);
  }
  switch (scanner_.Scan(in, options_.limits.max_headers_bytes)) {
    case HeadScanner::Result::kIncomplete:
      return false;
    case HeadScanner::Result::kBareLf:
      return Refuse(BadSyntax("bare-lf"), in);
    case HeadScanner::Result::kTooLarge:
      if (scanner_.past_first_line()) return Refuse(HeadersTooLarge("headers-too-large"), in);
      return Refuse({414, ErrorKind::kUriTooLong, "uri-too-long"}, in);
    case HeadScanner::Result::kComplete:
      return BeginStream(in);
  }
  return false;
}

// RFC 9112 §2.2: a server should ignore one empty line before a request line.
bool Http1ServerCodec::SkipEmptyLine(base::Buffer& in) {
  if (in.size() < 2) return false;
  if (in.Linearize(2).data()[1] != '\n') return Refuse(BadSyntax("bare-cr"), in);
  if (skipped_empty_line_) return Refuse(BadSyntax("empty-lines-before-request"), in);
  skipped_empty_line_ = true;
  in.Drain(2);
  return true;
}

bool Http1ServerCodec::BeginStream(base::Buffer& in) {
  const size_t head_bytes = scanner_.size();
  base::Slice section = in.Linearize(head_bytes);
  in.Drain(head_bytes);
  held_ = in.size();
  const std::string_view raw = section.view().substr(0, kRawBytes);

  std::unique_ptr<Http1ServerStream> stream = Pool::Take();
  RequestHeadFacts facts;
  const ParseError error = ParseRequestHead(std::move(section), options_, stream->head, facts);
  if (!error.ok()) {
    Refuse(error, raw);
    Pool::Give(std::move(stream));
    return true;
  }
  stream->codec = this;
  stream_ = std::move(stream);
  sweeps_ = 0;
  close_ = !facts.keep_alive || drain_;
  StartBody(facts, head_bytes);
  stream_->sink = &host_.OnNewStream(*stream_);
  stream_->core.sink = stream_->sink;
  const bool end_stream = stream_->core.decoder.done() && !stream_->may_tunnel;
  stream_->core.sink_told_end = end_stream;
  stream_->sink->OnRequest(stream_->head, end_stream);
  return true;
}

void Http1ServerCodec::StartBody(const RequestHeadFacts& facts, size_t head_bytes) {
  const http::RequestHead& head = stream_->head;
  stream_->version = head.version;
  stream_->upgrade = head.upgrade;
  stream_->is_head = head.method == "HEAD";
  stream_->is_connect = head.method == "CONNECT";
  stream_->expects_continue = head.expects_continue;
  // Such a request has no body, but its direction ends only with the tunnel, or the refusal of it.
  stream_->may_tunnel = !head.upgrade.empty() || stream_->is_connect;
  switch (head.framing.kind) {
    case http::Framing::Kind::kNone:
      stream_->core.decoder.StartNothing();
      break;
    case http::Framing::Kind::kLength:
      stream_->core.decoder.StartLength(head.framing.length);
      break;
    case http::Framing::Kind::kStreamed:
      stream_->core.decoder.StartChunked(
          {options_.limits.max_headers_bytes - head_bytes, facts.fields_left});
      break;
  }
}

bool Http1ServerCodec::ReceiveBody(base::Buffer& in) {
  StreamCore& core = stream_->core;
  if (core.pauses > 0 || stream_->may_tunnel || core.decoder.done()) return false;
  stream_->body_begun = true;
  held_ = 0;  // Unless the stream pauses, nothing of this body is left behind.
  const StreamCore::Pumped pumped = core.PumpBody(in, options_);
  held_ = in.size();
  if (core.gone) return true;
  switch (pumped) {
    case StreamCore::Pumped::kNothing:
      return false;
    case StreamCore::Pumped::kSome:
      return true;
    case StreamCore::Pumped::kError:
      FailBody(core.decoder.error());
      return true;
    case StreamCore::Pumped::kEnd:
      // The response was over first: nothing else will say so.
      if (core.send_ended && out_.empty()) Complete();
      return true;
  }
  return false;
}

bool Http1ServerCodec::Refuse(const ParseError& error, base::Buffer& in) {
  const base::Slice raw = in.Linearize(std::min(in.size(), kRawBytes));
  return Refuse(error, raw.view());
}

bool Http1ServerCodec::Refuse(const ParseError& error, std::string_view raw) {
  WriteErrorReply(error, /*to_head=*/raw.substr(0, 5) == "HEAD ", out_);
  Die();
  host_.OnBadRequest(error.status, FromClient(error.kind, error.detail), raw);
  return true;
}

void Http1ServerCodec::FailBody(const ParseError& error) {
  ResetSink(FromClient(error.kind, error.detail));
  if (!stream_->core.head_sent) WriteErrorReply(error, stream_->is_head, out_);
  Die();
}

void Http1ServerCodec::OnEof() {
  eof_ = true;
  if (dead_) return;
  // What a paused stream has left unread came before the end.
  if (stream_ != nullptr && stream_->core.pauses > 0 && held_ > 0) return;
  Dispatch dispatch(*this);
  HandleEof();
}

void Http1ServerCodec::HandleEof() {
  if (dead_) return;
  if (stream_ == nullptr) return Die();
  StreamCore& core = stream_->core;
  if (core.gone) return;
  close_ = true;
  if (core.decoder.tunnel()) {
    core.TellEnd();
    if (core.send_ended && out_.empty()) Complete();
    return;
  }
  if (core.send_ended) {
    // The answer is complete and on its way; what the client owed no longer matters.
    if (out_.empty() && !end_due_) AfterResponse();
    return;
  }
  if (core.decoder.done() && core.sink_told_end) {
    ResetSink(FromClient(ErrorKind::kConnectionClosed, "client-closed"));
  } else {
    ResetSink(FromClient(ErrorKind::kConnectionClosed, "client-closed-mid-request"));
  }
  out_.Clear();
  Die();
}

void Http1ServerCodec::Produce(base::Buffer& out, size_t limit) {
  Dispatch dispatch(*this);
  out.MoveFrom(out_, std::min(limit, out_.size()));
  if (stream_ == nullptr || stream_->core.gone) return;
  if (stream_->core.FellBelowLowMark(out_.size(), options_.limits)) {
    stream_->core.sink->OnCanSend();
  }
  if (stream_->core.gone || !stream_->core.send_ended || !out_.empty()) return;
  AfterResponse();
}

// The response has left. Runs from Produce or Receive, never inside a sink's own call.
void Http1ServerCodec::AfterResponse() {
  end_due_ = false;
  StreamCore& core = stream_->core;
  if (core.decoder.tunnel()) core.TellEnd();  // The other direction has nobody to go to.
  if (core.decoder.done()) {
    core.TellEnd();
    if (!core.gone) Complete();
    return;
  }
  if (close_) {
    ResetSink(
        {ErrorKind::kConnectionClosed, Side::kOurselves, Retry::kNever, "request-body-unread"});
    Die();
    return;
  }
  // Little is missing: it is read so that the connection can go on, whoever had paused it.
  core.pauses = 0;
  Resume();
}

bool Http1ServerCodec::lingering() const {
  if (stream_ == nullptr || dead_) return false;
  const StreamCore& core = stream_->core;
  return !core.gone && core.send_ended && out_.empty() && !core.decoder.done() &&
         !core.decoder.tunnel();
}

void Http1ServerCodec::SweepLingering() {
  if (!lingering() || ++sweeps_ < kMaxSweeps) return;
  Dispatch dispatch(*this);
  ResetSink({ErrorKind::kConnectionClosed, Side::kOurselves, Retry::kNever, "request-body-unread"});
  Die();
}

void Http1ServerCodec::Complete() {
  std::unique_ptr<Http1ServerStream> stream = std::move(stream_);
  scanner_.Reset();
  skipped_empty_line_ = false;
  end_due_ = false;
  if (close_ || drain_) Die();
  http::RequestSink& sink = *stream->sink;
  stream->core.gone = true;
  host_.OnStreamComplete(*stream, sink);
  Pool::Give(std::move(stream));
  if (held_ > 0) Resume();
}

void Http1ServerCodec::ResetSink(const http::StreamError& error) {
  if (stream_ == nullptr || stream_->core.gone) return;
  stream_->core.gone = true;
  stream_->core.sink->OnReset(error);
}

void Http1ServerCodec::Die() {
  dead_ = true;
  end_due_ = false;
  host_.OnOutputReady();
}

void Http1ServerCodec::ReleaseIfGone() {
  if (stream_ == nullptr || !stream_->core.gone) return;
  Pool::Give(std::move(stream_));
  scanner_.Reset();
  skipped_empty_line_ = false;
}

}  // namespace sluice::http1
