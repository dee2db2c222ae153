// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place where BoringSSL's headers come in. A target that forgets to depend on @boringssl
// would silently get the machine's OpenSSL 3 instead.

#include <openssl/base.h>
#ifndef OPENSSL_IS_BORINGSSL
#error "these are not BoringSSL's headers: add @boringssl//:ssl to deps"
#endif

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>
#include <string_view>

namespace sluice::tls {

// The reason of the newest error on this thread's queue, in words ("wrong version number"), and
// clears the queue. `otherwise` if there is none.
std::string TakeError(std::string_view otherwise);

}  // namespace sluice::tls
