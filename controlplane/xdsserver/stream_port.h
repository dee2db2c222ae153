// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::xdsserver {

// The seam between the xDS protocol and whatever carries it: bytes and std types only, because the
// carrier (controlplane/rpc) is built against another Abseil than ours.
//
// The legal sequence for one stream:
//
//     Open -> { OnMessage | Pull }* -> destroy
//
// OnMessage is called by one thread at a time, Pull by one thread at a time; the two may overlap.
// After Open, and after each OnMessage or Wake, the carrier pulls whenever it can write, until a
// pull gives nothing. A pull that says `finish` is the last. So a slow reader is never sent stale
// state: what it is sent is computed when it can take it.

// Who is at the other end, as its credential proves it. Nothing here comes from a message.
struct Peer {
  std::string principal;            // for people: "token edge-a", "spiffe://..."
  std::string proof;                // "token", "certificate" or "loopback"
  std::vector<std::string> groups;  // the Gateways it may read, each NS/NAME
  bool any_group = false;           // every Gateway: loopback without credentials, or so granted
};

enum class StreamKind { kStateOfTheWorld, kDelta };

struct StreamShape {
  StreamKind kind = StreamKind::kDelta;
  // The one type this stream carries; empty for ADS, which carries all.
  std::string only_type_url;
};

// A part of a message. `keep` owns what `bytes` views, so that a resource that goes to a thousand
// streams is in memory once.
struct Chunk {
  std::shared_ptr<const void> keep;
  std::string_view bytes;
};

// gRPC's status codes, those that are used here.
enum class FinishCode : int {
  kOk = 0,
  kInvalidArgument = 3,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kUnavailable = 14,
};

struct Outbound {
  std::vector<Chunk> message;  // one whole message to write, if not empty
  bool finish = false;         // end the stream with the status below
  FinishCode code = FinishCode::kOk;
  std::string text;
};

// Told when a pull may have something to give. Called from any thread, holding no lock.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void Wake() = 0;
};

// One discovery stream.
class DiscoveryStream {
 public:
  virtual ~DiscoveryStream() = default;
  // A whole serialized (Delta)DiscoveryRequest, as it came from the peer.
  virtual void OnMessage(std::string_view bytes) = 0;
  virtual Outbound Pull() = 0;
};

// Thread: any.  Lifetime: outlives every stream that it opened.
class StreamPort {
 public:
  virtual ~StreamPort() = default;

  // Null if the server is full. The sink is held weakly: a carrier that is gone is not woken.
  virtual std::shared_ptr<DiscoveryStream> Open(Peer peer, StreamShape shape,
                                                std::weak_ptr<StreamSink> sink) = 0;

  // To be called a few times a second: ends the waits that have run out.
  virtual void Tick() = 0;
};

}  // namespace sluice::xdsserver
