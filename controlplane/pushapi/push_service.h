// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/pushapi/handlers.h"

namespace sluice::pushapi {

// PushService is sluice.push.v1.Push in bytes: it finds a call's handler, and turns messages and
// statuses into what a CallPort's carrier sends.
//
// Thread:   any.
// Lifetime: `handlers` outlives it.
// Errors:   UNIMPLEMENTED for a method that it does not know, INVALID_ARGUMENT for a request that
//           does not parse.
class PushService : public CallPort {
 public:
  explicit PushService(Handlers& handlers) : handlers_(handlers) {}

  void Start(const Caller& caller, std::string_view method, std::string_view request,
             std::shared_ptr<CallSink> sink) override;

 private:
  void StartWait(std::string_view request, std::shared_ptr<CallSink> sink);
  void StartWatch(const Caller& caller, std::string_view request, std::shared_ptr<CallSink> sink);

  Handlers& handlers_;
};

// As gRPC says it: code, text, and the Rejection in a google.rpc.Status.
CallStatus ToCallStatus(const absl::Status& status);

}  // namespace sluice::pushapi
