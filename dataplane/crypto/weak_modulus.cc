// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/weak_modulus.h"

#include <openssl/bn.h>

#include <cstdint>

namespace sluice::crypto {
namespace {

// The odd primes below 168: those that all sizes of the faulty keys share.
constexpr uint32_t kPrimes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

bool IsPowerOf65537(uint32_t residue, uint32_t prime) {
  uint32_t power = 1;
  do {
    if (power == residue) return true;
    power = power * (65537 % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool HasRocaMark(const BIGNUM& modulus) {
  for (const uint32_t prime : kPrimes) {
    const auto residue = static_cast<uint32_t>(BN_mod_word(&modulus, prime));
    if (!IsPowerOf65537(residue, prime)) return false;
  }
  return true;
}

}  // namespace sluice::crypto
