// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace sluice::crypto {

// What a signature is made with (RFC 7518 §3.1, RFC 8037 §3.1). Plain values, so that folders which
// may not link BoringSSL can speak of keys.
enum class SignatureAlgorithm : uint8_t {
  kHs256,
  kHs384,
  kHs512,
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,  // Ed25519
};

// The hash's size in bytes; 64 for EdDSA.
constexpr size_t HashBytes(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kHs256:
    case SignatureAlgorithm::kRs256:
    case SignatureAlgorithm::kPs256:
    case SignatureAlgorithm::kEs256:
      return 32;
    case SignatureAlgorithm::kHs384:
    case SignatureAlgorithm::kRs384:
    case SignatureAlgorithm::kPs384:
    case SignatureAlgorithm::kEs384:
      return 48;
    case SignatureAlgorithm::kHs512:
    case SignatureAlgorithm::kRs512:
    case SignatureAlgorithm::kPs512:
    case SignatureAlgorithm::kEs512:
    case SignatureAlgorithm::kEdDsa:
      return 64;
  }
  return 0;
}

// A set of algorithms, as one word.
class SignatureAlgorithms {
 public:
  constexpr SignatureAlgorithms() = default;

  constexpr void Add(SignatureAlgorithm algorithm) { bits_ |= Bit(algorithm); }
  [[nodiscard]] constexpr bool Has(SignatureAlgorithm algorithm) const {
    return (bits_ & Bit(algorithm)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr uint16_t bits() const { return bits_; }

 private:
  static constexpr uint16_t Bit(SignatureAlgorithm algorithm) {
    return static_cast<uint16_t>(1u << static_cast<unsigned>(algorithm));
  }

  uint16_t bits_ = 0;
};

enum class EcCurve : uint8_t { kP256, kP384, kP521 };

// Bytes of one coordinate; a raw signature is twice as long.
constexpr size_t CoordinateBytes(EcCurve curve) {
  switch (curve) {
    case EcCurve::kP256:
      return 32;
    case EcCurve::kP384:
      return 48;
    case EcCurve::kP521:
      return 66;
  }
  return 0;
}

// The parameters of keys that check signatures. All numbers are big-endian bytes.
struct RsaParameters {
  std::string modulus;
  std::string exponent;
};

struct EcParameters {
  EcCurve curve = EcCurve::kP256;
  std::string x;  // exactly CoordinateBytes(curve)
  std::string y;
};

struct Ed25519Parameters {
  std::string x;  // exactly 32 bytes
};

struct SecretParameters {
  std::string secret;
};

using KeyParameters =
    std::variant<RsaParameters, EcParameters, Ed25519Parameters, SecretParameters>;

// Bounds of RSA keys. The longest modulus bounds what a verification costs.
inline constexpr size_t kMinRsaBits = 2048;
inline constexpr size_t kMaxRsaBits = 8192;
inline constexpr size_t kEd25519KeyBytes = 32;
inline constexpr size_t kEd25519SignatureBytes = 64;

// No signature of a key that is accepted here is longer.
inline constexpr size_t kMaxSignatureBytes = kMaxRsaBits / 8;

// The algorithms that keys with these parameters are for: RSA keys check RS* and PS*, an EC key the
// one of its curve, a secret those HS* whose hash it is as long as (RFC 7518 §3.2). Empty for a
// secret that is too short for all.
[[nodiscard]] SignatureAlgorithms AlgorithmsOf(const KeyParameters& parameters);

}  // namespace sluice::crypto
