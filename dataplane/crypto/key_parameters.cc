// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/key_parameters.h"

#include <initializer_list>

namespace sluice::crypto {
namespace {

struct Chooser {
  SignatureAlgorithms operator()(const RsaParameters&) const {
    using enum SignatureAlgorithm;
    return Of({kRs256, kRs384, kRs512, kPs256, kPs384, kPs512});
  }
  SignatureAlgorithms operator()(const EcParameters& ec) const {
    switch (ec.curve) {
      case EcCurve::kP256:
        return Of({SignatureAlgorithm::kEs256});
      case EcCurve::kP384:
        return Of({SignatureAlgorithm::kEs384});
      case EcCurve::kP521:
        return Of({SignatureAlgorithm::kEs512});
    }
    return {};
  }
  SignatureAlgorithms operator()(const Ed25519Parameters&) const {
    return Of({SignatureAlgorithm::kEdDsa});
  }
  SignatureAlgorithms operator()(const SecretParameters& secret) const {
    SignatureAlgorithms long_enough;
    for (const SignatureAlgorithm algorithm :
         {SignatureAlgorithm::kHs256, SignatureAlgorithm::kHs384, SignatureAlgorithm::kHs512}) {
      if (secret.secret.size() >= HashBytes(algorithm)) long_enough.Add(algorithm);
    }
    return long_enough;
  }

  static SignatureAlgorithms Of(std::initializer_list<SignatureAlgorithm> algorithms) {
    SignatureAlgorithms set;
    for (const SignatureAlgorithm algorithm : algorithms) set.Add(algorithm);
    return set;
  }
};

}  // namespace

SignatureAlgorithms AlgorithmsOf(const KeyParameters& parameters) {
  return std::visit(Chooser(), parameters);
}

}  // namespace sluice::crypto
