// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataplane/crypto/boringssl.h"

namespace sluice::crypto {

// Whether an RSA modulus has the mark of CVE-2017-15361 (ROCA): the primes of a faulty generator
// are powers of 65537 modulo every small prime, and so is their product. A sound modulus has the
// mark by chance about once in 2^28. Such keys were on millions of smart cards and can be factored.
//
// Thread: any. Not for the request path.
[[nodiscard]] bool HasRocaMark(const BIGNUM& modulus);

}  // namespace sluice::crypto
