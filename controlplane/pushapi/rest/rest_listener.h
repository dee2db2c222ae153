// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/access/gate.h"
#include "controlplane/access/tls_material.h"
#include "controlplane/pushapi/call_port.h"
#include "controlplane/pushapi/rest/connection_limits.h"
#include "controlplane/pushapi/rest/rest_routes.h"

namespace sluice::pushapi {

struct RestListenerOptions {
  std::string address = "127.0.0.1:15021";  // HOST:PORT; port 0 takes a free one
  size_t max_connections = 64;
  size_t max_request_bytes = 256 * 1024 * 1024;  // of all bodies together
  ConnectionLimits limits = {};
};

// RestListener is the HTTP/1.1 port of the push API. A call is judged by its credential, bearer
// token or client certificate, before its body is read. Off loopback it refuses to start without
// TLS and a credential.
//
// A browser on the same machine is not the operator: requests of pages from elsewhere are refused
// by Origin, and in plaintext by Host too, so that no page can write to the registry.
//
// Thread:   any; requests run on threads of its own.
// Lifetime: gate, tls and whatever `answer` uses outlive it. The destructor ends open requests and
//           waits for them.
// Errors:   Start says why it cannot listen.
// Limits:   the options; 100 requests a connection, paths of 1 KiB; WatchRoom::kMaxOpen watches.
//           A watch ends when its credential is withdrawn.
class RestListener {
 public:
  using Answer = std::function<RestResponse(WatchRoom& room, const Caller& caller,
                                            const RestRequest& request)>;

  static absl::StatusOr<std::unique_ptr<RestListener>> Start(const RestListenerOptions& options,
                                                             const access::Gate& gate,
                                                             const access::TlsSource& tls,
                                                             Answer answer);
  virtual ~RestListener() = default;

  // The port that is bound.
  [[nodiscard]] virtual int bound_port() const = 0;
};

}  // namespace sluice::pushapi
