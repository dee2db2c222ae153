// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/digest.h"

#include <openssl/digest.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/rand.h>
#include <openssl/sha2.h>

#include "dataplane/crypto/boringssl.h"

namespace sluice::crypto {

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  SHA256(Bytes(bytes), bytes.size(), digest.data());
  return digest;
}

Sha256Digest HmacSha256(std::string_view key, std::string_view bytes) {
  Sha256Digest digest;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), key.size(), Bytes(bytes), bytes.size(), digest.data(), &size);
  return digest;
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void FillRandom(absl::Span<uint8_t> out) { RAND_bytes(out.data(), out.size()); }

}  // namespace sluice::crypto
