// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/test_signing_key.h"

#include <openssl/bn.h>
#include <openssl/curve25519.h>
#include <openssl/digest.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/nid.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdint>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/crypto/boringssl.h"

namespace sluice::crypto {
namespace {

std::string BytesOf(const BIGNUM* number, size_t size) {
  std::string bytes(size, '\0');
  CHECK_EQ(BN_bn2bin_padded(reinterpret_cast<uint8_t*>(bytes.data()), size, number), 1);
  return bytes;
}

const EVP_MD* HashOf(SignatureAlgorithm algorithm) {
  switch (HashBytes(algorithm)) {
    case 32:
      return EVP_sha256();
    case 48:
      return EVP_sha384();
    default:
      return EVP_sha512();
  }
}

}  // namespace

struct TestSigningKey::Private {
  bssl::UniquePtr<RSA> rsa;
  bssl::UniquePtr<EC_KEY> ec;
  std::array<uint8_t, 64> ed25519;
};

TestSigningKey::TestSigningKey() : private_(std::make_unique<Private>()) {}
TestSigningKey::TestSigningKey(TestSigningKey&&) noexcept = default;
TestSigningKey::~TestSigningKey() = default;

TestSigningKey TestSigningKey::Rsa(int bits) {
  TestSigningKey key;
  bssl::UniquePtr<BIGNUM> e(BN_new());
  key.private_->rsa.reset(RSA_new());
  CHECK_EQ(BN_set_word(e.get(), RSA_F4), 1);
  CHECK_EQ(RSA_generate_key_ex(key.private_->rsa.get(), bits, e.get(), nullptr), 1);
  const BIGNUM* n = RSA_get0_n(key.private_->rsa.get());
  key.parameters_ = RsaParameters{BytesOf(n, BN_num_bytes(n)), BytesOf(e.get(), 3)};
  return key;
}

TestSigningKey TestSigningKey::Ec(EcCurve curve) {
  TestSigningKey key;
  const int nid = curve == EcCurve::kP256   ? NID_X9_62_prime256v1
                  : curve == EcCurve::kP384 ? NID_secp384r1
                                            : NID_secp521r1;
  key.private_->ec.reset(EC_KEY_new_by_curve_name(nid));
  const EC_KEY* ec = key.private_->ec.get();
  CHECK_EQ(EC_KEY_generate_key(key.private_->ec.get()), 1);
  bssl::UniquePtr<BIGNUM> x(BN_new());
  bssl::UniquePtr<BIGNUM> y(BN_new());
  CHECK_EQ(EC_POINT_get_affine_coordinates(EC_KEY_get0_group(ec), EC_KEY_get0_public_key(ec),
                                           x.get(), y.get(), nullptr),
           1);
  const size_t size = CoordinateBytes(curve);
  key.parameters_ = EcParameters{curve, BytesOf(x.get(), size), BytesOf(y.get(), size)};
  return key;
}

TestSigningKey TestSigningKey::Ed25519() {
  TestSigningKey key;
  std::array<uint8_t, kEd25519KeyBytes> x;
  ED25519_keypair(x.data(), key.private_->ed25519.data());
  key.parameters_ = Ed25519Parameters{std::string(x.begin(), x.end())};
  return key;
}

TestSigningKey TestSigningKey::Secret(std::string secret) {
  TestSigningKey key;
  key.parameters_ = SecretParameters{std::move(secret)};
  return key;
}

std::string TestSigningKey::Sign(SignatureAlgorithm algorithm, std::string_view message) const {
  std::array<uint8_t, kMaxSignatureBytes> out;
  size_t size = 0;
  unsigned short_size = 0;
  if (const auto* secret = std::get_if<SecretParameters>(&parameters_)) {
    HMAC(HashOf(algorithm), secret->secret.data(), secret->secret.size(), Bytes(message),
         message.size(), out.data(), &short_size);
    return {out.begin(), out.begin() + short_size};
  }
  if (std::holds_alternative<Ed25519Parameters>(parameters_)) {
    CHECK_EQ(ED25519_sign(out.data(), Bytes(message), message.size(), private_->ed25519.data()), 1);
    return {out.begin(), out.begin() + kEd25519SignatureBytes};
  }
  const EVP_MD* md = HashOf(algorithm);
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  CHECK_EQ(EVP_Digest(message.data(), message.size(), digest.data(), &short_size, md, nullptr), 1);
  if (private_->ec != nullptr) {
    CHECK_EQ(ECDSA_sign_p1363(digest.data(), short_size, out.data(), &size, out.size(),
                              private_->ec.get()),
             1);
  } else if (algorithm == SignatureAlgorithm::kPs256 || algorithm == SignatureAlgorithm::kPs384 ||
             algorithm == SignatureAlgorithm::kPs512) {
    CHECK_EQ(RSA_sign_pss_mgf1(private_->rsa.get(), &size, out.data(), out.size(), digest.data(),
                               short_size, md, md, RSA_PSS_SALTLEN_DIGEST),
             1);
  } else {
    CHECK_EQ(RSA_sign(EVP_MD_type(md), digest.data(), short_size, out.data(), &short_size,
                      private_->rsa.get()),
             1);
    size = short_size;
  }
  return {out.begin(), out.begin() + size};
}

}  // namespace sluice::crypto
