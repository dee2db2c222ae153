// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/access/gate.h"
#include "controlplane/rpc/cutter.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::rpc {

// The shape of the discovery stream that a gRPC method carries; nothing for any other method.
[[nodiscard]] std::optional<xdsserver::StreamShape> FindStreamShape(std::string_view method);

// XdsReactor carries one discovery stream over one gRPC call.
//
// There is one writer at a time: whoever finds the role free takes it, pulls, and starts the write;
// OnWriteDone goes on. Wake may come from any thread at any time and only takes the role or leaves
// a note. No lock is held while gRPC or the stream is called.
//
//     idle --take--> writing --pull gives a message--> StartWrite ... OnWriteDone --> writing
//                            --pull gives nothing----> idle (or again, if woken meanwhile)
//                            --finish, or peer gone,
//                              or ticket revoked-----> finished
//
// Thread:   any.
// Lifetime: holds itself until OnDone.
// Errors:   a failed read or write finishes the call; a revoked ticket does with UNAUTHENTICATED.
// Limits:   one message in flight each way.
class XdsReactor : public grpc::ServerGenericBidiReactor,
                   public xdsserver::StreamSink,
                   public std::enable_shared_from_this<XdsReactor> {
 public:
  explicit XdsReactor(grpc::ServerContextBase* context) : cutter_(context) {}

  // Returned to gRPC, which calls OnDone when it is done with it.
  static grpc::ServerGenericBidiReactor* Serve(xdsserver::StreamPort& port,
                                               std::shared_ptr<access::Ticket> ticket,
                                               xdsserver::StreamShape shape,
                                               grpc::ServerContextBase* context);

  void Wake() override { Drain(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  void Drain();
  // Goes on in the writer's role until there is nothing to write, or a write is under way.
  void Write();
  void FinishAsWriter(grpc::Status status);
  void Revoke(const std::string& reason);

  std::shared_ptr<XdsReactor> self_;
  std::shared_ptr<access::Ticket> ticket_;
  std::shared_ptr<xdsserver::DiscoveryStream> stream_;
  grpc::ByteBuffer incoming_;  // the reader's
  grpc::ByteBuffer outgoing_;  // the writer's

  std::mutex mutex_;
  bool is_writing_ = false;  // somebody has the writer's role
  bool is_noted_ = false;    // woken while somebody had it
  bool is_peer_gone_ = false;
  bool is_finished_ = false;
  std::optional<grpc::Status> last_word_;  // ours, whatever the stream has to say

  Cutter cutter_;
};

}  // namespace sluice::rpc
