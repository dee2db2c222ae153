// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "dataplane/http/error.h"
#include "dataplane/http/header_map.h"
#include "dataplane/http/message.h"

// The seam between HTTP versions and everything else: bytes in, events out, no sockets. HTTP/1.1
// (http1/) and HTTP/2 (http2/) both implement it, for either side.
//
// Words: a *stream* is one request and its response on a connection. A *sink* is told what arrives;
// a *stream object* is told what to send. A server stream receives a request and sends a response;
// a client stream the reverse.
//
// Legal sequences, in either direction: head, data*, then end (end_stream on the last of them, or
// trailers, which imply it). OnReset may come at any time before the end of the *other* party's
// work and is the last call a sink gets. Calling a stream object after its Reset or after both
// directions have ended is a bug.
//
// Re-entrancy: a sink may call its stream object from inside any event, Reset included. A codec
// never calls a sink from inside the sink's own call, except OnReset from Receive/OnEof.
//
// Thread: all of it belongs to one worker.

namespace sluice::http {

// What both directions share for the side that receives.
class StreamSink {
 public:
  // Body bytes; the sink moves out of `data` what it wants to keep; the rest is dropped.
  virtual void OnData(base::Buffer& data, bool end_stream) = 0;

  // Trailer fields; ends the message. Views live in the head's arena.
  virtual void OnTrailers(HeaderMap& trailers) = 0;

  // The stream is over, wrongly. The stream object is gone after this call returns.
  virtual void OnReset(const StreamError& error) = 0;

  // What was queued for sending on this stream fell below the codec's low-water mark after
  // having stood above its high-water mark (see Stream::ShouldPause).
  virtual void OnCanSend() = 0;

 protected:
  ~StreamSink() = default;
};

// Receives a request: what an exchange is to its downstream codec.
class RequestSink : public StreamSink {
 public:
  // The head is complete and valid. `head` belongs to the codec's stream and lives until the
  // stream ends; the sink may edit it.
  virtual void OnRequest(RequestHead& head, bool end_stream) = 0;

 protected:
  ~RequestSink() = default;
};

// Receives a response: what an exchange is to its upstream codec.
class ResponseSink : public StreamSink {
 public:
  // An interim response (100, 103) with its fields. 101 comes through OnResponse.
  virtual void OnInformational(ResponseHead& head) = 0;

  // The final head. `head` lives until the stream ends.
  virtual void OnResponse(ResponseHead& head, bool end_stream) = 0;

 protected:
  ~ResponseSink() = default;
};

// The sending side of a stream.
class Stream {
 public:
  // Queues all of `data` (moved out). `end_stream` ends the message.
  virtual void SendData(base::Buffer& data, bool end_stream) = 0;

  // Queues trailers and ends the message. A codec that may not send them (HTTP/1.1 without
  // enable_trailers, or a Content-Length body) ends the message without.
  virtual void SendTrailers(const HeaderMap& trailers) = 0;

  // Gives the stream up at once: RST_STREAM on HTTP/2, close on HTTP/1.1 (unless the message
  // was already complete). No sink call follows.
  virtual void Reset(const StreamError& error) = 0;

  // True while more is queued than the high-water mark; the sink then waits for OnCanSend.
  virtual bool ShouldPause() const = 0;

  // Stops and restarts the arrival of OnData on this stream; bounded by the flow-control window
  // or the socket's buffer. Calls nest by count.
  virtual void PauseReceiving() = 0;
  virtual void ResumeReceiving() = 0;

 protected:
  ~Stream() = default;
};

class ServerStream : public Stream {
 public:
  // Queues an interim response: status 100 or 103. Dropped for HTTP/1.0 clients.
  virtual void SendInformational(const ResponseHead& head) = 0;

  // Queues the head. With status 101 after a request with `upgrade`, the stream becomes a tunnel:
  // OnData and SendData carry raw bytes both ways until either end_stream.
  // `head.framing` says how the body will be delimited; the codec writes the framing fields.
  virtual void SendResponse(const ResponseHead& head, bool end_stream) = 0;

 protected:
  ~ServerStream() = default;
};

class ClientStream : public Stream {
 public:
  // Queues the head; views are copied before it returns. A request with `upgrade` becomes a
  // tunnel when its answer is 101.
  virtual void SendRequest(const RequestHead& head, bool end_stream) = 0;

 protected:
  ~ClientStream() = default;
};

// What a codec asks of the connection that carries it.
class CodecHost {
 public:
  // Bytes wait to be produced. May be called many times a turn; the host flushes once at its end.
  virtual void OnOutputReady() = 0;

  // Receiving may go on after a pause: the host calls Receive again with what it still holds.
  virtual void OnReceiveReady() = 0;

 protected:
  ~CodecHost() = default;
};

// One side of one HTTP connection.
//
// Lifetime: outlives its streams; never destroyed from inside one of its own calls (the host
// defers). Destroying it while streams live resets them (OnReset, kConnectionClosed).
class Codec {
 public:
  virtual ~Codec() = default;

  // Parses from the front of `in`, draining what it used, and calls sinks. Bytes may remain when
  // receiving is paused or the message is incomplete; the host keeps them, in order.
  // Never fails: what is wrong becomes OnReset, an error reply, or finished().
  virtual void Receive(base::Buffer& in) = 0;

  // The peer will send no more.
  virtual void OnEof() = 0;

  // Moves up to about `limit` bytes of output behind `out`. Called only when the socket can take
  // them, so that what is not yet produced counts as queued.
  virtual void Produce(base::Buffer& out, size_t limit) = 0;

  virtual bool has_output() const = 0;

  // False while the codec wants no more input: the host stops reading from its socket.
  virtual bool wants_input() const = 0;

  // Streams in progress.
  virtual size_t active_streams() const = 0;

  // The connection has done its work: after the output is flushed the host closes it.
  virtual bool finished() const = 0;

  // Lets streams end, takes no new ones: `connection: close` or GOAWAY.
  virtual void Drain() = 0;
};

// A server side makes streams as requests arrive.
class ServerCodec : public Codec {
 public:
  // True while part of a request head has arrived and no stream was made of it yet.
  virtual bool in_head() const = 0;

  // The rest of that head did not come in time: 408 and close on HTTP/1.1, GOAWAY on HTTP/2. The
  // host is told by OnBadRequest.
  virtual void OnHeadTimeout() = 0;

  // True while a client that was answered early still sends, which is read for it and dropped. The
  // host then calls SweepLingering each half second: whom it finds too often is cut off.
  virtual bool lingering() const { return false; }
  virtual void SweepLingering() {}
};

// Decides what receives a new request.
class ServerCodecHost : public CodecHost {
 public:
  // A request is beginning. Returns its sink, which lives until it was told the end, or OnReset,
  // and its own sending is done (both directions over).
  virtual RequestSink& OnNewStream(ServerStream& stream) = 0;

  // Both directions of the stream ended well; `stream` is gone after this call.
  virtual void OnStreamComplete(ServerStream& stream, RequestSink& sink) = 0;

  // A request so malformed that no stream was made of it (HTTP/1.1 heads): the codec answers by
  // itself with `status` and closes; the host counts and logs. `raw` is the start of the offending
  // bytes, at most 256, for the log.
  virtual void OnBadRequest(uint16_t status, const StreamError& error, std::string_view raw) = 0;

 protected:
  ~ServerCodecHost() = default;
};

// A client side makes streams when asked.
class ClientCodec : public Codec {
 public:
  // A stream whose answer goes to `sink`. Requires can_open_stream().
  virtual ClientStream& NewStream(ResponseSink& sink) = 0;

  // HTTP/1.1: nothing in flight and the connection may be reused. HTTP/2: below the peer's
  // SETTINGS_MAX_CONCURRENT_STREAMS and not going away.
  virtual bool can_open_stream() const = 0;

  // How many streams the peer lets us have open at once, as known now.
  virtual size_t max_concurrent_streams() const = 0;
};

class ClientCodecHost : public CodecHost {
 public:
  // Both directions of a stream ended well; `sink` gets no more calls. can_open_stream() is
  // already up to date.
  virtual void OnStreamComplete(ResponseSink& sink) = 0;

  // can_open_stream() or max_concurrent_streams() changed by the peer's doing (SETTINGS, GOAWAY).
  virtual void OnCapacityChanged() = 0;

 protected:
  ~ClientCodecHost() = default;
};

}  // namespace sluice::http
