// SPDX-License-Identifier: Apache-2.0
#include "controlplane/certificate/key_pair.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#ifdef OPENSSL_IS_BORINGSSL
#error "this folder's OpenSSL is Debian's: BoringSSL may not share a process with grpc++"
#endif

namespace sluice::certificate {
namespace {

constexpr int kMinRsaBits = 2048;

template <typename T, void (*Free)(T*)>
struct Freer {
  void operator()(T* thing) const { Free(thing); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;
using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedCertificate = Owned<X509, X509_free>;

struct OpensslFree {
  void operator()(void* memory) const { OPENSSL_free(memory); }
};

OwnedBio ReadOnly(std::string_view bytes) {
  return OwnedBio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// The reason of the newest error in words, and clears the queue.
std::string TakeError(std::string_view otherwise) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string out(reason == nullptr ? otherwise : reason);
  ERR_clear_error();
  return out;
}

KeyPair Bad(KeyPair::Part part, std::string problem) {
  return {.problem = std::move(problem), .part = part};
}
KeyPair BadChain(std::string problem) { return Bad(KeyPair::Part::kChain, std::move(problem)); }
KeyPair BadKey(std::string problem) { return Bad(KeyPair::Part::kKey, std::move(problem)); }

// Reads the certificates of `pem`, or says why not.
std::optional<KeyPair> ReadChain(std::string_view pem, std::vector<OwnedCertificate>& chain) {
  const OwnedBio bio = ReadOnly(pem);
  for (int block = 1;; ++block) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (!PEM_read_bio(bio.get(), &name, &header, &data, &size)) {
      const unsigned long error = ERR_peek_last_error();
      const bool is_end =
          ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
      const std::string why = TakeError("malformed");
      if (!is_end) return BadChain(absl::StrCat("PEM block ", block, " cannot be read: ", why));
      break;
    }
    const std::unique_ptr<void, OpensslFree> free_name(name), free_header(header), free_data(data);
    // Some people keep the key in the same file.
    if (absl::EndsWith(name, "PRIVATE KEY") || absl::EndsWith(name, "PARAMETERS")) continue;
    const unsigned char* at = data;
    OwnedCertificate certificate(d2i_X509(nullptr, &at, size));
    if (certificate == nullptr || at != data + size) {
      return BadChain(absl::StrCat("PEM block ", block, " (", name,
                                   ") is no certificate: ", TakeError("bytes left over")));
    }
    chain.push_back(std::move(certificate));
  }
  if (chain.empty()) return BadChain("there is no PEM block of a certificate");
  return std::nullopt;
}

// Encrypted keys are refused and not asked for on a terminal.
int NoPassword(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::optional<KeyPair> CheckStrength(const EVP_PKEY* key) {
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits >= kMinRsaBits) return std::nullopt;
    return BadKey(
        absl::StrCat("the RSA key has ", bits, " bits; at least ", kMinRsaBits, " are needed"));
  }
  if (type == EVP_PKEY_ED25519) return std::nullopt;
  char curve[64] = "";
  if (type == EVP_PKEY_EC) {
    (void)EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve),
                                         nullptr);
    for (const std::string_view known : {"prime256v1", "secp384r1", "secp521r1"}) {
      if (curve == known) return std::nullopt;
    }
  }
  const char* kind = curve[0] != '\0' ? curve : EVP_PKEY_get0_type_name(key);
  ERR_clear_error();
  return BadKey(absl::StrCat("the private key is of a kind that no proxy takes (",
                             kind == nullptr ? "unknown" : kind,
                             "); RSA, P-256, P-384, P-521 and Ed25519 are taken"));
}

std::optional<KeyPair> ReadKey(std::string_view pem, OwnedKey& key) {
  if (pem.empty()) return BadKey("there is no private key");
  bool is_encrypted = false;
  const OwnedBio bio = ReadOnly(pem);
  key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, &is_encrypted));
  const std::string why = TakeError("no PEM block of a key");
  if (is_encrypted) return BadKey("the private key is encrypted; store it decrypted");
  if (key == nullptr) return BadKey(absl::StrCat("the private key cannot be read: ", why));
  return CheckStrength(key.get());
}

bool Belongs(const EVP_PKEY* key, const X509* certificate) {
  const EVP_PKEY* own = X509_get0_pubkey(certificate);
  const bool belongs = own != nullptr && EVP_PKEY_eq(own, key) == 1;
  ERR_clear_error();
  return belongs;
}

absl::Time ToTime(const ASN1_TIME* time, absl::Time otherwise) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return otherwise;
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

}  // namespace

KeyPair InspectKeyPair(std::string_view chain_pem, std::string_view key_pem) {
  std::vector<OwnedCertificate> chain;
  if (auto bad = ReadChain(chain_pem, chain)) return *std::move(bad);
  OwnedKey key;
  if (auto bad = ReadKey(key_pem, key)) return *std::move(bad);
  if (!Belongs(key.get(), chain[0].get())) {
    for (size_t i = 1; i < chain.size(); ++i) {
      if (!Belongs(key.get(), chain[i].get())) continue;
      return BadChain(absl::StrCat("the private key belongs to certificate ", i + 1,
                                   " of the chain; the leaf must come first"));
    }
    return BadKey("the private key does not belong to the certificate");
  }
  KeyPair good;
  good.not_before = ToTime(X509_get0_notBefore(chain[0].get()), good.not_before);
  good.not_after = ToTime(X509_get0_notAfter(chain[0].get()), good.not_after);
  return good;
}

}  // namespace sluice::certificate
