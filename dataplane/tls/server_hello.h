// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dataplane/tls/boringssl.h"
#include "dataplane/tls/server_context.h"

namespace sluice::tls {

// A client's first message must fit in this, in bytes (it has about 2 KiB with a post-quantum key
// share).
inline constexpr size_t kMaxClientHello = 16 * 1024;

// What `hello` asks for. False if its size or its server name is not to be believed: then the
// handshake must end.
bool ReadClientHello(const SSL_CLIENT_HELLO& hello, ClientHelloInfo& info);

// Tells the server transport of `ssl` what its client asked for: the name, and that the hello has
// been read by the SSL that answers it.
void NoteClientHello(const ssl_st* ssl, const ClientHelloInfo& info);

// Notes on the transport of `ssl` why a peer's certificate was refused.
void NoteVerifyFailure(const ssl_st* ssl, std::string failure);

}  // namespace sluice::tls
