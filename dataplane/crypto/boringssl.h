// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place of this folder where BoringSSL's headers are let in. A target that forgets to
// depend on @boringssl would silently get the machine's OpenSSL 3 instead.

#include <openssl/base.h>
#ifndef OPENSSL_IS_BORINGSSL
#error "these are not BoringSSL's headers: add @boringssl//:crypto to deps"
#endif

#include <cstdint>
#include <string_view>

namespace sluice::crypto {

// The bytes of `text` as BoringSSL takes them.
inline const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace sluice::crypto
