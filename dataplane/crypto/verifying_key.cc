// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/verifying_key.h"

#include <openssl/bn.h>
#include <openssl/curve25519.h>
#include <openssl/digest.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/rsa.h>
#include <openssl/sha2.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/crypto/boringssl.h"
#include "dataplane/crypto/digest.h"
#include "dataplane/crypto/ed25519_point.h"
#include "dataplane/crypto/weak_modulus.h"

namespace sluice::crypto {
namespace {

// What a failed check leaves on this thread's error queue would be read as TLS' own later.
bool Done(int result) {
  if (result == 1) return true;
  ERR_clear_error();
  return false;
}

bssl::UniquePtr<BIGNUM> Number(std::string_view bytes) {
  return bssl::UniquePtr<BIGNUM>(BN_bin2bn(Bytes(bytes), bytes.size(), nullptr));
}

std::string_view WithoutLeadingZeros(std::string_view bytes) {
  const size_t first = bytes.find_first_not_of('\0');
  return first == std::string_view::npos ? std::string_view() : bytes.substr(first);
}

absl::Status Refused(std::string_view member, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("\"", member, "\" ", why));
}

absl::Status CheckModulus(const BIGNUM& modulus) {
  const size_t bits = BN_num_bits(&modulus);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return Refused(
        "n", absl::StrCat("has ", bits, " bits; it must have ", kMinRsaBits, " to ", kMaxRsaBits));
  }
  if (!BN_is_odd(&modulus)) return Refused("n", "is even: not an RSA modulus");
  if (HasRocaMark(modulus)) {
    return Refused("n", "was made by a generator whose keys can be factored (CVE-2017-15361)");
  }
  return absl::OkStatus();
}

absl::Status CheckExponent(const BIGNUM& exponent) {
  if (BN_num_bits(&exponent) > 32 || BN_cmp_word(&exponent, 3) < 0 || !BN_is_odd(&exponent)) {
    return Refused("e", "must be odd, at least 3 and of at most 32 bits");
  }
  return absl::OkStatus();
}

int CurveNid(EcCurve curve) {
  switch (curve) {
    case EcCurve::kP256:
      return NID_X9_62_prime256v1;
    case EcCurve::kP384:
      return NID_secp384r1;
    case EcCurve::kP521:
      return NID_secp521r1;
  }
  return NID_undef;
}

struct HashOfMessage {
  HashOfMessage(SignatureAlgorithm algorithm, std::string_view message)
      : size(HashBytes(algorithm)) {
    switch (size) {
      case 32:
        nid = NID_sha256;
        md = EVP_sha256();
        SHA256(Bytes(message), message.size(), bytes.data());
        return;
      case 48:
        nid = NID_sha384;
        md = EVP_sha384();
        SHA384(Bytes(message), message.size(), bytes.data());
        return;
      default:
        nid = NID_sha512;
        md = EVP_sha512();
        SHA512(Bytes(message), message.size(), bytes.data());
    }
  }

  size_t size;
  int nid;
  const EVP_MD* md;
  std::array<uint8_t, 64> bytes;
};

bool IsPss(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kPs256 || algorithm == SignatureAlgorithm::kPs384 ||
         algorithm == SignatureAlgorithm::kPs512;
}

// RFC 7518 §3.3 and §3.5: the salt of PSS is as long as the hash, which MGF1 uses too.
bool RsaVerifies(RSA* key, SignatureAlgorithm algorithm, std::string_view message,
                 std::string_view signature) {
  const HashOfMessage hash(algorithm, message);
  if (IsPss(algorithm)) {
    return Done(RSA_verify_pss_mgf1(key, hash.bytes.data(), hash.size, hash.md, hash.md,
                                    RSA_PSS_SALTLEN_DIGEST, Bytes(signature), signature.size()));
  }
  return Done(
      RSA_verify(hash.nid, hash.bytes.data(), hash.size, Bytes(signature), signature.size(), key));
}

bool EcVerifies(const EC_KEY* key, SignatureAlgorithm algorithm, std::string_view message,
                std::string_view signature) {
  const HashOfMessage hash(algorithm, message);
  return Done(
      ECDSA_verify_p1363(hash.bytes.data(), hash.size, Bytes(signature), signature.size(), key));
}

bool HmacVerifies(std::string_view secret, SignatureAlgorithm algorithm, std::string_view message,
                  std::string_view signature) {
  const EVP_MD* md = HashBytes(algorithm) == 32   ? EVP_sha256()
                     : HashBytes(algorithm) == 48 ? EVP_sha384()
                                                  : EVP_sha512();
  std::array<uint8_t, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  if (HMAC(md, secret.data(), secret.size(), Bytes(message), message.size(), mac.data(), &size) ==
      nullptr) {
    return Done(0);
  }
  return ConstantTimeEquals({reinterpret_cast<const char*>(mac.data()), size}, signature);
}

}  // namespace

void VerifyingKey::FreeRsa::operator()(rsa_st* key) const { RSA_free(key); }
void VerifyingKey::FreeEc::operator()(ec_key_st* key) const { EC_KEY_free(key); }

VerifyingKey::VerifyingKey(VerifyingKey&&) noexcept = default;

VerifyingKey& VerifyingKey::operator=(VerifyingKey&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  key_ = std::move(other.key_);
  algorithms_ = other.algorithms_;
  return *this;
}

VerifyingKey::~VerifyingKey() { Wipe(); }

void VerifyingKey::Wipe() {
  if (auto* secret = std::get_if<std::string>(&key_)) {
    OPENSSL_cleanse(secret->data(), secret->size());
  }
}

absl::StatusOr<VerifyingKey> VerifyingKey::Make(const KeyParameters& parameters) {
  auto key = std::visit([](const auto& kind) { return MakeFrom(kind); }, parameters);
  if (key.ok()) key->algorithms_ = AlgorithmsOf(parameters);
  return key;
}

absl::StatusOr<VerifyingKey> VerifyingKey::MakeFrom(const RsaParameters& rsa) {
  // Zeros in front are against RFC 7518 §6.3.1.1, but some issuers write a sign byte.
  const std::string_view modulus = WithoutLeadingZeros(rsa.modulus);
  // Before any arithmetic, whose cost grows with the square of the length.
  if (modulus.size() > kMaxRsaBits / 8) {
    return Refused("n", absl::StrCat("has more than ", kMaxRsaBits, " bits"));
  }
  const std::string_view exponent = WithoutLeadingZeros(rsa.exponent);
  if (exponent.size() > 4) return Refused("e", "has more than 32 bits");
  const auto n = Number(modulus);
  const auto e = Number(exponent);
  if (n == nullptr || e == nullptr) return absl::ResourceExhaustedError("out of memory");
  if (absl::Status checked = CheckModulus(*n); !checked.ok()) return checked;
  if (absl::Status checked = CheckExponent(*e); !checked.ok()) return checked;
  VerifyingKey key;
  Rsa made(RSA_new_public_key(n.get(), e.get()));
  if (!Done(made != nullptr)) return Refused("n", "is not an RSA modulus");
  key.key_ = std::move(made);
  return key;
}

absl::StatusOr<VerifyingKey> VerifyingKey::MakeFrom(const EcParameters& ec) {
  const size_t size = CoordinateBytes(ec.curve);
  for (const auto& [member, value] : {std::pair("x", &ec.x), std::pair("y", &ec.y)}) {
    if (value->size() != size) {
      return Refused(member,
                     absl::StrCat("has ", value->size(), " bytes; this curve takes ", size));
    }
  }
  Ec made(EC_KEY_new_by_curve_name(CurveNid(ec.curve)));
  const auto x = Number(ec.x);
  const auto y = Number(ec.y);
  if (made == nullptr || x == nullptr || y == nullptr) {
    return absl::ResourceExhaustedError("out of memory");
  }
  if (!Done(EC_KEY_set_public_key_affine_coordinates(made.get(), x.get(), y.get()))) {
    return Refused("x", "and \"y\" are not a point on the curve");
  }
  VerifyingKey key;
  key.key_ = std::move(made);
  return key;
}

absl::StatusOr<VerifyingKey> VerifyingKey::MakeFrom(const Ed25519Parameters& ed25519) {
  if (!IsSoundEd25519Point({Bytes(ed25519.x), ed25519.x.size()})) {
    return Refused("x", "is not the point of an Ed25519 key");
  }
  Ed25519 made;
  std::copy_n(Bytes(ed25519.x), made.size(), made.begin());
  VerifyingKey key;
  key.key_ = made;
  return key;
}

absl::StatusOr<VerifyingKey> VerifyingKey::MakeFrom(const SecretParameters& secret) {
  if (AlgorithmsOf(secret).empty()) {
    return Refused("k", absl::StrCat("has ", secret.secret.size(),
                                     " bytes; HS256 takes at least 32 (RFC 7518 section 3.2)"));
  }
  VerifyingKey key;
  key.key_ = secret.secret;
  return key;
}

bool VerifyingKey::Verifies(SignatureAlgorithm algorithm, std::string_view message,
                            std::string_view signature) const {
  if (!algorithms_.Has(algorithm)) return false;
  if (const auto* rsa = std::get_if<Rsa>(&key_)) {
    return RsaVerifies(rsa->get(), algorithm, message, signature);
  }
  if (const auto* ec = std::get_if<Ec>(&key_)) {
    return EcVerifies(ec->get(), algorithm, message, signature);
  }
  if (const auto* ed25519 = std::get_if<Ed25519>(&key_)) {
    return signature.size() == kEd25519SignatureBytes &&
           Done(ED25519_verify(Bytes(message), message.size(), Bytes(signature), ed25519->data()));
  }
  return HmacVerifies(std::get<std::string>(key_), algorithm, message, signature);
}

}  // namespace sluice::crypto
