// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "controlplane/access/gate.h"
#include "controlplane/access/tls_material.h"
#include "controlplane/pushapi/call_port.h"

namespace sluice::rpc {

struct ApiListenerOptions {
  std::string address = "127.0.0.1:15020";  // HOST:PORT; port 0 takes a free one

  size_t max_message_bytes = 64 * 1024 * 1024;   // of a request
  size_t max_request_bytes = 256 * 1024 * 1024;  // of all that are being answered or wait
  int threads = 4;                               // that calls are answered on
  size_t max_waiting_calls = 256;
};

// ApiListener is the gRPC port of the push API. It carries bytes between gRPC and a CallPort; it
// does not read them. A call is judged by its credential before its request is read. Off loopback
// it refuses to start without TLS and a credential.
//
// Thread:   any.
// Lifetime: gate, tls and port outlive it. The destructor ends all calls and waits for them.
// Errors:   Start returns null and says why.
// Limits:   the options.
class ApiListener {
 public:
  static std::unique_ptr<ApiListener> Start(const ApiListenerOptions& options, access::Gate& gate,
                                            const access::TlsSource& tls, pushapi::CallPort& port,
                                            std::string* error);
  virtual ~ApiListener() = default;

  // The port that is bound.
  [[nodiscard]] virtual int bound_port() const = 0;
};

}  // namespace sluice::rpc
