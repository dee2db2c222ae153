// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/verify/test_tokens.h"

#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sluice::jose {
namespace {

std::string Member(std::string_view name, std::string_view bytes) {
  return absl::StrCat(",\"", name, "\":\"", absl::WebSafeBase64Escape(bytes), "\"");
}

struct JwkWriter {
  std::string operator()(const crypto::RsaParameters& rsa) const {
    return absl::StrCat("\"kty\":\"RSA\"", Member("n", rsa.modulus), Member("e", rsa.exponent));
  }
  std::string operator()(const crypto::EcParameters& ec) const {
    const char* curve = ec.curve == crypto::EcCurve::kP256   ? "P-256"
                        : ec.curve == crypto::EcCurve::kP384 ? "P-384"
                                                             : "P-521";
    return absl::StrCat("\"kty\":\"EC\",\"crv\":\"", curve, "\"", Member("x", ec.x),
                        Member("y", ec.y));
  }
  std::string operator()(const crypto::Ed25519Parameters& ed25519) const {
    return absl::StrCat("\"kty\":\"OKP\",\"crv\":\"Ed25519\"", Member("x", ed25519.x));
  }
  std::string operator()(const crypto::SecretParameters& secret) const {
    return absl::StrCat("\"kty\":\"oct\"", Member("k", secret.secret));
  }
};

}  // namespace

std::string JwkOf(const crypto::TestSigningKey& key, std::string_view members) {
  return absl::StrCat("{", std::visit(JwkWriter(), key.parameters()), members.empty() ? "" : ",",
                      members, "}");
}

std::string JwkSetOf(std::string_view keys) { return absl::StrCat("{\"keys\":[", keys, "]}"); }

std::string SignedToken(const crypto::TestSigningKey& key, crypto::SignatureAlgorithm algorithm,
                        std::string_view header, std::string_view payload) {
  const std::string input =
      absl::StrCat(absl::WebSafeBase64Escape(header), ".", absl::WebSafeBase64Escape(payload));
  return absl::StrCat(input, ".", absl::WebSafeBase64Escape(key.Sign(algorithm, input)));
}

}  // namespace sluice::jose
