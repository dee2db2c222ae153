// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dataplane/crypto/key_parameters.h"

namespace sluice::crypto {

// TestSigningKey makes the signatures that tests and benchmarks check. A fresh key each time; the
// program ends if BoringSSL refuses.
//
// Thread:   its own.
// Lifetime: none but its own.
class TestSigningKey {
 public:
  static TestSigningKey Rsa(int bits = 2048);
  static TestSigningKey Ec(EcCurve curve);
  static TestSigningKey Ed25519();
  static TestSigningKey Secret(std::string secret);

  TestSigningKey(TestSigningKey&&) noexcept;
  ~TestSigningKey();

  // What a verifier knows. For a secret, the secret.
  [[nodiscard]] const KeyParameters& parameters() const { return parameters_; }

  // `algorithm` must be one of AlgorithmsOf(parameters()).
  [[nodiscard]] std::string Sign(SignatureAlgorithm algorithm, std::string_view message) const;

 private:
  struct Private;

  TestSigningKey();

  std::unique_ptr<Private> private_;
  KeyParameters parameters_;
};

}  // namespace sluice::crypto
