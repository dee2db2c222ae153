// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "controlplane/access/tls_material.h"

namespace sluice::rpc {

enum class ClientCertificate { kNotAsked, kAsked, kRequired };

// A port's transport whose certificate, key and client CA are those of `source` at the time of each
// handshake; plaintext if it has no TLS. grpc++ itself offers providers that watch files at an
// interval of their own; gRPC's core asks a callback at each handshake, and this wraps that.
//
// A certificate that a client shows is always verified. Without a client CA none is asked for.
//
// Lifetime: `source` and what is returned outlive the server, which does not keep it.
[[nodiscard]] std::shared_ptr<grpc::ServerCredentials> SwappedTls(const access::TlsSource& source,
                                                                  ClientCertificate certificate);

}  // namespace sluice::rpc
