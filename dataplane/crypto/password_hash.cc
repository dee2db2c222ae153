// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/password_hash.h"

#include <crypt.h>
#include <openssl/sha.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "dataplane/crypto/boringssl.h"
#include "dataplane/crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr std::string_view kSha = "{SHA}";

bool HasShaHash(std::string_view password, std::string_view hash) {
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(Bytes(password), password.size(), digest);
  const std::string text =
      absl::Base64Escape({reinterpret_cast<const char*>(digest), sizeof digest});
  return ConstantTimeEquals(text, hash.substr(kSha.size()));
}

bool IsBcrypt(std::string_view hash) {
  return absl::StartsWith(hash, "$2a$") || absl::StartsWith(hash, "$2b$") ||
         absl::StartsWith(hash, "$2y$");
}

}  // namespace

bool HasPasswordHash(const std::string& password, const std::string& hash) {
  if (password.find('\0') != std::string::npos) return false;
  if (absl::StartsWith(hash, kSha)) return HasShaHash(password, hash);
  if (!IsBcrypt(hash)) return false;
  // Zeroed, as crypt_r wants it; too large for a stack.
  const auto scratch = std::make_unique<crypt_data>();
  const char* made = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  return made != nullptr && ConstantTimeEquals(made, hash);
}

}  // namespace sluice::crypto
