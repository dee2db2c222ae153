// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "controlplane/rpc/credentials.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::rpc {

// CallGate judges a call by its credential: bearer token, or verified client certificate.
//
// Thread:   any. std::mutex, not absl's: this code is on Debian's Abseil, which TSan cannot see.
// Lifetime: outlives the server that asks it.
// Errors:   the status that the call is to be finished with.
// Limits:   none.
class CallGate {
 public:
  // `is_open`: no credential was configured, which Start allows on loopback only.
  CallGate(CredentialTable credentials, bool is_open);

  void Replace(CredentialTable credentials);

  // Null and a status in `refusal` if the call may not go on.
  [[nodiscard]] std::optional<xdsserver::Peer> Judge(const grpc::ServerContextBase& context,
                                                     grpc::Status* refusal) const;

 private:
  [[nodiscard]] std::shared_ptr<const CredentialTable> table() const;

  const bool is_open_;
  mutable std::mutex mutex_;
  std::shared_ptr<const CredentialTable> table_;
};

}  // namespace sluice::rpc
