// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::pushapi {

// The seam between the push API and whatever carries its calls: bytes and std types only, because
// the gRPC carrier (controlplane/rpc) is built against another Abseil than ours.
//
// The legal sequence for one call:
//
//     Start -> { Send | Hold } -> Finish
//
// Send, Hold and Finish may come from any thread, one at a time. After Finish nothing more comes.

// Who calls, as the credential proves it.
struct Caller {
  std::string name;        // for the history: "loopback", "ci"
  bool may_write = false;  // and see secrets
};

// Whether objects of a kind hold what who may only read is not shown: keys, or hashes of them.
inline bool HoldsSecrets(std::string_view kind) { return kind == "Secret" || kind == "Consumer"; }

// How a call ends: gRPC's status codes, and a serialized google.rpc.Status where there is more to
// tell than a sentence.
struct CallStatus {
  int code = 0;
  std::string text;
  std::string details;
};

// The carrier of one call. Held by whoever answers it; lives on when the peer is gone, and then
// drops what it is given.
class CallSink {
 public:
  virtual ~CallSink() = default;

  // One whole response message. Returns the bytes that wait for the peer: a sender that sees them
  // grow stops.
  virtual size_t Send(std::string message) = 0;
  // The end of the call. With an error, what still waits for the peer may be dropped.
  virtual void Finish(CallStatus status) = 0;
  // Keeps `what` until the call is over, and destroys it then, at once if it is over already. This
  // is how work that goes on learns that its peer has left.
  virtual void Hold(std::shared_ptr<void> what) = 0;
};

// Thread:   any; Start may block on the registry's disk, never on a peer.
// Lifetime: outlives every call.
class CallPort {
 public:
  virtual ~CallPort() = default;

  // `method` as gRPC writes it: "/sluice.push.v1.Push/Apply".
  virtual void Start(const Caller& caller, std::string_view method, std::string_view request,
                     std::shared_ptr<CallSink> sink) = 0;
};

}  // namespace sluice::pushapi
