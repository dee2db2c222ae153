// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/access/gate.h"
#include "controlplane/pushapi/byte_budget.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/rpc/cutter.h"

namespace sluice::rpc {

// ApiCall carries one call of the push API: one request message, then any number of responses.
//
// No lock is held while gRPC or the API is called. Whoever finds no write under way starts one;
// OnWriteDone goes on. The end is said once: by the API's Finish, when all is written or, if it is
// an error, when the write under way is done; by a write that fails, or by the peer that leaves. If
// the credential is withdrawn, a call that goes on (that holds something) ends with
// UNAUTHENTICATED; one that is being answered is answered.
//
// Thread:   any.
// Lifetime: holds itself until gRPC is done with it; the API may hold it longer.
// Errors:   the call's status.
// Limits:   the budget for requests; what the API lets wait, see CallSink::Send.
class ApiCall : public grpc::ServerGenericBidiReactor,
                public pushapi::CallSink,
                public std::enable_shared_from_this<ApiCall> {
 public:
  using ShareOfBytes = std::shared_ptr<pushapi::ByteBudget::Share>;
  // Is given the request when it is there; false if it cannot be taken now. `share` has the bytes
  // of the request in it.
  using OnRequest =
      std::function<bool(std::string request, ShareOfBytes share, std::shared_ptr<ApiCall> call)>;

  explicit ApiCall(grpc::ServerContextBase* context) : cutter_(context) {}

  // Returned to gRPC.
  static grpc::ServerGenericBidiReactor* Serve(std::shared_ptr<access::Ticket> ticket,
                                               ShareOfBytes share, OnRequest on_request,
                                               grpc::ServerContextBase* context);

  size_t Send(std::string message) override;
  void Finish(pushapi::CallStatus status) override;
  void Hold(std::shared_ptr<void> what) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using grpc::ServerGenericBidiReactor::Finish;

  // Takes the next message into outgoing_; false if there is none.
  bool TakeNextLocked();
  void End(grpc::Status status);
  void Revoke(const std::string& reason);
  // Ends a call that is revoked and holds something.
  void MaybeEndRevoked();

  ShareOfBytes share_;
  OnRequest on_request_;
  std::shared_ptr<ApiCall> self_;
  std::shared_ptr<access::Ticket> ticket_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;  // the writer's

  std::mutex mutex_;
  std::deque<std::string> queue_;
  size_t queued_bytes_ = 0;
  bool is_writing_ = false;
  bool is_over_ = false;  // the end has been said
  std::optional<grpc::Status> last_word_;
  std::vector<std::shared_ptr<void>> held_;
  std::optional<std::string> revoked_;

  Cutter cutter_;
};

}  // namespace sluice::rpc
