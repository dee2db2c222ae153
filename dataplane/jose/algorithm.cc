// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/algorithm.h"

namespace sluice::jose {
namespace {

using enum crypto::SignatureAlgorithm;

struct Name {
  std::string_view name;
  crypto::SignatureAlgorithm algorithm;
};

constexpr Name kNames[] = {
    {"HS256", kHs256}, {"HS384", kHs384}, {"HS512", kHs512}, {"RS256", kRs256}, {"RS384", kRs384},
    {"RS512", kRs512}, {"PS256", kPs256}, {"PS384", kPs384}, {"PS512", kPs512}, {"ES256", kEs256},
    {"ES384", kEs384}, {"ES512", kEs512}, {"EdDSA", kEdDsa},
};

}  // namespace

std::optional<crypto::SignatureAlgorithm> FindAlgorithm(std::string_view name) {
  for (const Name& known : kNames) {
    if (known.name == name) return known.algorithm;
  }
  return std::nullopt;
}

}  // namespace sluice::jose
