// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/jwk.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dataplane/jose/algorithm.h"
#include "dataplane/jose/base64url.h"

namespace sluice::jose {
namespace {

// Reads members of one key and keeps the first problem.
class KeyReader {
 public:
  explicit KeyReader(const JsonValue& key) : key_(key) {}

  // A string, if it is there; `required`: it must be.
  std::optional<std::string_view> String(std::string_view name, bool required) {
    const JsonValue* value = key_.Find(name);
    if (value == nullptr) {
      if (required) Fail(absl::StrCat(": \"", name, "\" is missing"));
      return std::nullopt;
    }
    if (value->kind != JsonKind::kString) {
      Fail(absl::StrCat(".", name, ": is not a string"));
      return std::nullopt;
    }
    return value->text;
  }

  // The bytes of a required base64url member; empty after a problem.
  std::string Bytes(std::string_view name) {
    const auto text = String(name, /*required=*/true);
    if (!text.has_value()) return {};
    auto bytes = DecodeBase64Url(*text);
    if (!bytes.has_value()) Fail(absl::StrCat(".", name, ": is not base64url without padding"));
    return std::move(bytes).value_or("");
  }

  // `shown` is the value of a member that is no secret.
  void FailValue(std::string_view name, std::string_view shown, std::string_view why) {
    constexpr size_t kShown = 32;
    Fail(absl::StrCat(".", name, ": \"", absl::CHexEscape(shown.substr(0, kShown)),
                      shown.size() > kShown ? "..." : "", "\" ", why));
  }

  void Fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  [[nodiscard]] const JsonValue& key() const { return key_; }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  std::string TakeProblem() { return std::move(problem_); }

 private:
  const JsonValue& key_;
  std::string problem_;
};

// RFC 7517 §4.2 and §4.3: a key that says what it is for must say that it checks signatures.
void ReadPurpose(KeyReader& reader) {
  if (const auto use = reader.String("use", false); use.has_value() && *use != "sig") {
    reader.FailValue("use", *use, "does not check signatures");
  }
  const JsonValue* operations = reader.key().Find("key_ops");
  if (operations == nullptr) return;
  const auto is_verify = [](const JsonValue& operation) {
    return operation.kind == JsonKind::kString && operation.text == "verify";
  };
  if (std::none_of(operations->items.begin(), operations->items.end(), is_verify)) {
    reader.Fail(".key_ops: does not hold \"verify\"");
  }
}

std::optional<std::string> ReadKid(KeyReader& reader) {
  const auto kid = reader.String("kid", false);
  if (!kid.has_value()) return std::nullopt;
  if (kid->size() > kMaxKidBytes) {
    reader.Fail(
        absl::StrCat(".kid: has ", kid->size(), " bytes; at most ", kMaxKidBytes, " are allowed"));
  }
  return std::string(*kid);
}

std::optional<crypto::EcCurve> FindCurve(std::string_view name) {
  if (name == "P-256") return crypto::EcCurve::kP256;
  if (name == "P-384") return crypto::EcCurve::kP384;
  if (name == "P-521") return crypto::EcCurve::kP521;
  return std::nullopt;
}

crypto::KeyParameters ReadEc(KeyReader& reader) {
  crypto::EcParameters ec;
  const std::string_view name = reader.String("crv", true).value_or("");
  const auto curve = FindCurve(name);
  if (!curve.has_value()) {
    reader.FailValue("crv", name, "is not known");
    return ec;
  }
  ec.curve = *curve;
  ec.x = reader.Bytes("x");
  ec.y = reader.Bytes("y");
  // RFC 7518 §6.2.1.2: leading zeros are written.
  if (ec.x.size() != crypto::CoordinateBytes(ec.curve) || ec.y.size() != ec.x.size()) {
    reader.Fail(": \"x\" and \"y\" do not have the length of the curve's coordinates");
  }
  return ec;
}

crypto::KeyParameters ReadOkp(KeyReader& reader) {
  crypto::Ed25519Parameters okp;
  const std::string_view curve = reader.String("crv", true).value_or("");
  if (curve != "Ed25519") {
    reader.FailValue("crv", curve, "is not known");
    return okp;
  }
  okp.x = reader.Bytes("x");
  if (okp.x.size() != crypto::kEd25519KeyBytes) reader.Fail(".x: does not have 32 bytes");
  return okp;
}

crypto::KeyParameters ReadRsa(KeyReader& reader) {
  return crypto::RsaParameters{reader.Bytes("n"), reader.Bytes("e")};
}

crypto::KeyParameters ReadSecret(KeyReader& reader) {
  crypto::SecretParameters secret{reader.Bytes("k")};
  if (crypto::AlgorithmsOf(secret).empty()) {
    reader.Fail(absl::StrCat(".k: has ", secret.secret.size(),
                             " bytes; HS256 takes at least 32 (RFC 7518 section 3.2)"));
  }
  return secret;
}

crypto::KeyParameters ReadParameters(KeyReader& reader) {
  const std::string_view type = reader.String("kty", true).value_or("");
  if (type == "RSA") return ReadRsa(reader);
  if (type == "EC") return ReadEc(reader);
  if (type == "OKP") return ReadOkp(reader);
  if (type == "oct") return ReadSecret(reader);
  reader.FailValue("kty", type, "is not known");
  return {};
}

// RFC 7517 §4.4: a key that names its algorithm is for no other.
crypto::SignatureAlgorithms ReadAlgorithms(KeyReader& reader,
                                           const crypto::KeyParameters& parameters) {
  const crypto::SignatureAlgorithms possible = crypto::AlgorithmsOf(parameters);
  const auto name = reader.String("alg", false);
  if (!name.has_value()) return possible;
  const auto algorithm = FindAlgorithm(*name);
  if (!algorithm.has_value() || !possible.Has(*algorithm)) {
    reader.FailValue("alg", *name, "does not check signatures with such a key");
    return {};
  }
  crypto::SignatureAlgorithms only;
  only.Add(*algorithm);
  return only;
}

}  // namespace

ReadKey ReadJwk(const JsonValue& value) {
  if (value.kind != JsonKind::kObject) return std::string(": is not an object");
  KeyReader reader(value);
  Jwk key;
  ReadPurpose(reader);
  if (!reader.failed()) key.label.kid = ReadKid(reader);
  if (!reader.failed()) key.parameters = ReadParameters(reader);
  if (!reader.failed()) key.label.algorithms = ReadAlgorithms(reader, key.parameters);
  if (reader.failed()) return reader.TakeProblem();
  return key;
}

}  // namespace sluice::jose
