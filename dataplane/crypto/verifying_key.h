// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "dataplane/crypto/key_parameters.h"

struct ec_key_st;
struct rsa_st;

namespace sluice::crypto {

// VerifyingKey checks signatures, in the forms of JOSE (RFC 7518 §3, RFC 8037 §3.1).
//
// What a key is for is settled when it is made, by its parameters: no algorithm that a token names
// makes an RSA key check an HMAC. It cannot sign.
//
// Thread:   any; immutable after Make. (BoringSSL takes a read lock in an RSA key.)
// Lifetime: owns its key; secrets are wiped at the end.
// Errors:   Make refuses what would not be safe: RSA moduli outside kMinRsaBits..kMaxRsaBits or of
// the
//           kind that CVE-2017-15361 (ROCA) makes factorable, exponents that are even, below 3 or
//           of more than 32 bits, points not on their curve, coordinates of another length, secrets
//           shorter than 32 bytes. A refusal names the member as a JWK does ("n", "x") and shows no
//           value.
// Limits:   verification allocates nothing beyond what BoringSSL itself does.
class VerifyingKey {
 public:
  static absl::StatusOr<VerifyingKey> Make(const KeyParameters& parameters);

  VerifyingKey(VerifyingKey&&) noexcept;
  VerifyingKey& operator=(VerifyingKey&&) noexcept;
  ~VerifyingKey();

  // The algorithms that this key can check.
  [[nodiscard]] SignatureAlgorithms algorithms() const { return algorithms_; }

  // Whether `signature` is this key's over `message`. False for an algorithm that is not the key's,
  // and for a signature of another length than the algorithm's. An ECDSA signature is r and s, each
  // of the length of a coordinate; r or s of 0, or not below the group's order, are refused.
  [[nodiscard]] bool Verifies(SignatureAlgorithm algorithm, std::string_view message,
                              std::string_view signature) const;

 private:
  struct FreeRsa {
    void operator()(rsa_st* key) const;
  };
  struct FreeEc {
    void operator()(ec_key_st* key) const;
  };
  using Rsa = std::unique_ptr<rsa_st, FreeRsa>;
  using Ec = std::unique_ptr<ec_key_st, FreeEc>;
  using Ed25519 = std::array<uint8_t, kEd25519KeyBytes>;

  VerifyingKey() = default;

  static absl::StatusOr<VerifyingKey> MakeFrom(const RsaParameters& rsa);
  static absl::StatusOr<VerifyingKey> MakeFrom(const EcParameters& ec);
  static absl::StatusOr<VerifyingKey> MakeFrom(const Ed25519Parameters& ed25519);
  static absl::StatusOr<VerifyingKey> MakeFrom(const SecretParameters& secret);
  void Wipe();

  std::variant<Rsa, Ec, Ed25519, std::string> key_;
  SignatureAlgorithms algorithms_;
};

}  // namespace sluice::crypto
