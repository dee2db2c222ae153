// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/sealing_keys.h"

#include <openssl/aead.h>
#include <openssl/err.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/crypto/boringssl.h"
#include "dataplane/crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr char kFormat = 1;
constexpr size_t kHeadBytes = 5;  // format and id: what is authenticated but not hidden
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

std::string Head(uint32_t id) {
  const char bytes[kHeadBytes] = {kFormat, static_cast<char>(id >> 24), static_cast<char>(id >> 16),
                                  static_cast<char>(id >> 8), static_cast<char>(id)};
  return {bytes, kHeadBytes};
}

uint32_t IdOf(std::string_view head) {
  uint32_t id = 0;
  for (size_t i = 1; i < kHeadBytes; ++i) id = id << 8 | static_cast<uint8_t>(head[i]);
  return id;
}

// The head has a fixed size, so that no two pairs of head and context are the same bytes.
std::string Authenticated(std::string_view head, std::string_view context) {
  return absl::StrCat(head, context);
}

}  // namespace

void SealingKeys::FreeContext::operator()(evp_aead_ctx_st* context) const {
  EVP_AEAD_CTX_free(context);
}

absl::StatusOr<SealingKeys> SealingKeys::Make(absl::Span<const Key> keys) {
  if (keys.empty() || keys.size() > kMaxKeys) {
    return absl::InvalidArgumentError(
        absl::StrCat("sealing keys: ", keys.size(), " given; there must be 1 to ", kMaxKeys));
  }
  SealingKeys made;
  for (const Key& key : keys) {
    for (const Entry& other : made.keys_) {
      if (other.id == key.id) {
        return absl::InvalidArgumentError(absl::StrCat("sealing key ", key.id, " is given twice"));
      }
    }
    if (key.bytes.size() != kKeyBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "sealing key ", key.id, " has ", key.bytes.size(), " bytes; it must have ", kKeyBytes));
    }
    Entry entry{.id = key.id, .aead = nullptr};
    entry.aead.reset(
        EVP_AEAD_CTX_new(EVP_aead_aes_256_gcm(), Bytes(key.bytes), key.bytes.size(), kTagBytes));
    if (entry.aead == nullptr) {
      ERR_clear_error();
      return absl::InternalError(absl::StrCat("sealing key ", key.id, " could not be set up"));
    }
    made.keys_.push_back(std::move(entry));
  }
  return made;
}

std::optional<std::string> SealingKeys::Seal(std::string_view plain,
                                             std::string_view context) const {
  if (plain.size() > kMaxPlainBytes) return std::nullopt;
  const Entry& key = keys_.front();
  std::string sealed = Head(key.id);
  const std::string authenticated = Authenticated(sealed, context);
  sealed.resize(plain.size() + kOverheadBytes);
  auto* nonce = reinterpret_cast<uint8_t*>(sealed.data()) + kHeadBytes;
  FillRandom({nonce, kNonceBytes});
  size_t written = 0;
  const bool done =
      EVP_AEAD_CTX_seal(key.aead.get(), nonce + kNonceBytes, &written, plain.size() + kTagBytes,
                        nonce, kNonceBytes, Bytes(plain), plain.size(), Bytes(authenticated),
                        authenticated.size()) == 1;
  if (!done) {
    ERR_clear_error();
    return std::nullopt;
  }
  return sealed;
}

std::optional<std::string> SealingKeys::Open(std::string_view sealed,
                                             std::string_view context) const {
  if (sealed.size() < kOverheadBytes || sealed.size() > kMaxPlainBytes + kOverheadBytes ||
      sealed.front() != kFormat) {
    return std::nullopt;
  }
  const std::string_view head = sealed.substr(0, kHeadBytes);
  const std::string_view nonce = sealed.substr(kHeadBytes, kNonceBytes);
  const std::string_view hidden = sealed.substr(kHeadBytes + kNonceBytes);
  const std::string authenticated = Authenticated(head, context);
  for (const Entry& key : keys_) {
    if (key.id != IdOf(head)) continue;
    std::string plain(hidden.size(), '\0');
    size_t written = 0;
    if (EVP_AEAD_CTX_open(key.aead.get(), reinterpret_cast<uint8_t*>(plain.data()), &written,
                          plain.size(), Bytes(nonce), nonce.size(), Bytes(hidden), hidden.size(),
                          Bytes(authenticated), authenticated.size()) != 1) {
      ERR_clear_error();
      return std::nullopt;
    }
    plain.resize(written);
    return plain;
  }
  return std::nullopt;
}

}  // namespace sluice::crypto
