// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/ed25519_point.h"

#include <openssl/bn.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>

#include "absl/strings/escaping.h"
#include "dataplane/crypto/boringssl.h"

namespace sluice::crypto {
namespace {

using Number = bssl::UniquePtr<BIGNUM>;

constexpr size_t kPointBytes = 32;
constexpr uint8_t kSignBit = 0x80;  // of x, in the last byte

// RFC 8032 §5.1, big-endian.
constexpr char kPrime[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr char kD[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

// The y of the points of order 1, 2, 4 and 8, little-endian as keys are. With either sign of x they
// are all eight.
constexpr const char* kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
};

Number FromHex(const char* hex) {
  BIGNUM* made = nullptr;
  BN_hex2bn(&made, hex);
  return Number(made);
}

bool HasSmallOrder(absl::Span<const uint8_t> y) {
  return std::any_of(std::begin(kSmallOrder), std::end(kSmallOrder), [y](const char* hex) {
    const std::string bytes = absl::HexStringToBytes(hex);
    return std::equal(y.begin(), y.end(), Bytes(bytes));
  });
}

// A point has x² = (y² - 1) / (d·y² + 1). The denominator is never 0, so the quotient is a square
// where the product is one, and Euler's criterion tells that without a root.
bool HasX(const BIGNUM& y, const BIGNUM& prime) {
  bssl::UniquePtr<BN_CTX> context(BN_CTX_new());
  const Number d = FromHex(kD);
  Number square(BN_new()), numerator(BN_new()), denominator(BN_new()), exponent(BN_new());
  if (!context || !d || !square || !numerator || !denominator || !exponent) return false;
  const BIGNUM* one = BN_value_one();
  return BN_mod_sqr(square.get(), &y, &prime, context.get()) == 1 &&
         BN_mod_sub(numerator.get(), square.get(), one, &prime, context.get()) == 1 &&
         BN_mod_mul(denominator.get(), square.get(), d.get(), &prime, context.get()) == 1 &&
         BN_mod_add(denominator.get(), denominator.get(), one, &prime, context.get()) == 1 &&
         BN_mod_mul(square.get(), numerator.get(), denominator.get(), &prime, context.get()) == 1 &&
         BN_rshift1(exponent.get(), &prime) == 1 &&
         BN_mod_exp(square.get(), square.get(), exponent.get(), &prime, context.get()) == 1 &&
         (BN_is_one(square.get()) || BN_is_zero(square.get()));
}

}  // namespace

bool IsSoundEd25519Point(absl::Span<const uint8_t> encoded) {
  if (encoded.size() != kPointBytes) return false;
  std::array<uint8_t, kPointBytes> y_bytes;
  std::copy(encoded.begin(), encoded.end(), y_bytes.begin());
  y_bytes.back() &= static_cast<uint8_t>(~kSignBit);
  if (HasSmallOrder(y_bytes)) return false;
  const Number y(BN_lebin2bn(y_bytes.data(), y_bytes.size(), nullptr));
  const Number prime = FromHex(kPrime);
  const bool sound =
      y != nullptr && prime != nullptr && BN_cmp(y.get(), prime.get()) < 0 && HasX(*y, *prime);
  ERR_clear_error();
  return sound;
}

}  // namespace sluice::crypto
