// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/compact_jws.h"

#include <utility>

#include "dataplane/jose/algorithm.h"
#include "dataplane/jose/base64url.h"
#include "dataplane/jose/json.h"

namespace sluice::jose {
namespace {

// Deep enough for "jwk" and for an object of an extension; wide enough for a chain in "x5c".
constexpr JsonLimits kHeaderLimits = {
    .max_bytes = kMaxJoseHeaderBytes, .max_depth = 4, .max_values = 128};

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

std::optional<Parts> Split(std::string_view token) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = token.find('.', first + 1);
  // A fourth part is caught by its dot, which is not in the alphabet.
  if (second == std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1)};
}

TokenOutcome ReadAlgorithm(const JsonValue& header, CompactJws& out) {
  const JsonValue* name = header.Find("alg");
  if (name == nullptr) return TokenOutcome::kAlgorithmNotAllowed;
  if (name->kind != JsonKind::kString) return TokenOutcome::kHeaderMalformed;
  const auto algorithm = FindAlgorithm(name->text);
  if (!algorithm.has_value()) return TokenOutcome::kAlgorithmNotAllowed;
  out.algorithm = *algorithm;
  return TokenOutcome::kAccepted;
}

bool IsTrue(const JsonValue& value) {
  return value.kind == JsonKind::kBool && value.text == "true";
}

TokenOutcome ReadHeader(std::string_view text, CompactJws& out) {
  auto header = ParseJsonObject(text, kHeaderLimits);
  if (!header.has_value()) return TokenOutcome::kHeaderMalformed;
  if (header->Find("crit") != nullptr) return TokenOutcome::kCriticalExtension;
  if (const JsonValue* b64 = header->Find("b64"); b64 != nullptr && !IsTrue(*b64)) {
    return TokenOutcome::kCriticalExtension;
  }
  if (const JsonValue* kid = header->Find("kid"); kid != nullptr) {
    if (kid->kind != JsonKind::kString) return TokenOutcome::kHeaderMalformed;
    out.kid = kid->text;
  }
  return ReadAlgorithm(*header, out);
}

}  // namespace

TokenOutcome ParseCompactJws(std::string_view token, size_t max_bytes, CompactJws& out) {
  out = {};
  if (token.size() > max_bytes) return TokenOutcome::kTooLarge;
  const auto parts = Split(token);
  if (!parts.has_value()) return TokenOutcome::kMalformed;
  if (parts->header.size() > Base64UrlSize(kMaxJoseHeaderBytes) ||
      parts->signature.size() > Base64UrlSize(crypto::kMaxSignatureBytes)) {
    return TokenOutcome::kMalformed;
  }
  const auto header = DecodeBase64Url(parts->header);
  auto payload = DecodeBase64Url(parts->payload);
  auto signature = DecodeBase64Url(parts->signature);
  if (!header.has_value() || !payload.has_value() || !signature.has_value()) {
    return TokenOutcome::kMalformed;
  }
  out.signing_input = token.substr(0, parts->header.size() + 1 + parts->payload.size());
  out.payload = *std::move(payload);
  out.signature = *std::move(signature);
  return ReadHeader(*header, out);
}

}  // namespace sluice::jose
