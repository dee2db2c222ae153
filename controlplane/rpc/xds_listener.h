// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "controlplane/access/gate.h"
#include "controlplane/access/tls_material.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::rpc {

struct XdsListenerOptions {
  std::string address = "127.0.0.1:15010";  // HOST:PORT; port 0 takes a free one

  // Tokens may come too, if not now then by a new table. Else a handshake without a client
  // certificate fails, where there is a client CA.
  bool takes_tokens = false;

  size_t max_message_bytes = 8 * 1024 * 1024;  // of a request; a larger one ends its stream
  int max_streams_per_connection = 100;
  // Connections are asked to come back after this, give or take a tenth: so that replicas share
  // the load. 0 = never.
  int max_connection_age_s = 30 * 60;
};

// XdsListener is the gRPC port that proxies fetch their configuration from: ADS and the separate
// discovery services, delta and state of the world.
//
// It carries bytes between gRPC and a StreamPort; it does not read them. A call is judged by its
// credential before any of its messages is read. Off loopback it refuses to start without TLS and
// a credential.
//
// Thread:   any.
// Lifetime: gate, tls and port outlive it. The destructor ends all streams and waits for them.
// Errors:   Start returns null and says why.
// Limits:   the options.
class XdsListener {
 public:
  static std::unique_ptr<XdsListener> Start(const XdsListenerOptions& options, access::Gate& gate,
                                            const access::TlsSource& tls,
                                            xdsserver::StreamPort& port, std::string* error);
  virtual ~XdsListener() = default;

  // The port that is bound.
  [[nodiscard]] virtual int bound_port() const = 0;
};

}  // namespace sluice::rpc
