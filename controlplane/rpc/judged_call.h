// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "controlplane/access/gate.h"

namespace sluice::rpc {

// What a call proves its caller by, before any of its messages is read.
[[nodiscard]] access::Presented PresentedBy(const grpc::ServerContextBase& context);

[[nodiscard]] grpc::Status StatusOf(const access::Refusal& refusal);

// Answers a call with one status, and reads nothing of it.
class RefusingReactor : public grpc::ServerGenericBidiReactor {
 public:
  explicit RefusingReactor(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace sluice::rpc
