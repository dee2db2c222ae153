// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/keyed_hash.h"

#include <openssl/siphash.h>

#include "absl/types/span.h"
#include "dataplane/crypto/boringssl.h"
#include "dataplane/crypto/digest.h"

namespace sluice::crypto {

KeyedHash::Key KeyedHash::RandomKey() {
  Key key;
  FillRandom(absl::MakeSpan(reinterpret_cast<uint8_t*>(key.data()), sizeof key));
  return key;
}

Hash128 KeyedHash::Hash(std::string_view text) const {
  return {.low = SIPHASH_24(key_.data(), Bytes(text), text.size()),
          .high = SIPHASH_24(key_.data() + 2, Bytes(text), text.size())};
}

}  // namespace sluice::crypto
