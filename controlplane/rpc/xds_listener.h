// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "controlplane/rpc/credentials.h"
#include "controlplane/xdsserver/stream_port.h"

namespace sluice::rpc {

struct XdsListenerOptions {
  std::string address = "127.0.0.1:15010";  // HOST:PORT; port 0 takes a free one

  // PEM texts. Without certificate and key the port is plaintext: on loopback only.
  std::string certificate_pem;
  std::string key_pem;
  // Signs the proxies' certificates. Without it only tokens prove anything.
  std::string client_ca_pem;

  size_t max_message_bytes = 8 * 1024 * 1024;  // of a request; a larger one ends its stream
  int max_streams_per_connection = 100;
  // Connections are asked to come back after this, give or take a tenth: so that replicas share
  // the load, and a credential that was withdrawn ends. 0 = never.
  int max_connection_age_s = 30 * 60;
};

// XdsListener is the gRPC port that proxies fetch their configuration from: ADS and the separate
// discovery services, delta and state of the world.
//
// It carries bytes between gRPC and a StreamPort; it does not read them. A call is judged by its
// credential before any of its messages is read. On loopback without any credential configured
// every caller may read every Gateway: whoever is on the machine is the operator. Anywhere else it
// refuses to start without TLS and a credential.
//
// Thread:   any.
// Lifetime: `port` outlives it. The destructor ends all streams and waits for them.
// Errors:   Start returns null and says why.
// Limits:   the options.
class XdsListener {
 public:
  static std::unique_ptr<XdsListener> Start(const XdsListenerOptions& options,
                                            CredentialTable credentials,
                                            xdsserver::StreamPort& port, std::string* error);
  virtual ~XdsListener() = default;

  // The port that is bound.
  [[nodiscard]] virtual int bound_port() const = 0;

  // For calls from now on; those that run are judged already. An empty table does not open a
  // listener that asked for credentials: it then lets nobody in.
  virtual void ReplaceCredentials(CredentialTable credentials) = 0;
};

}  // namespace sluice::rpc
