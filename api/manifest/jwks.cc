// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/jwks.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace sluice::manifest {
namespace {

using Json = nlohmann::json;

// RFC 7518 §6.1 and RFC 8037 §2.
constexpr std::array<std::string_view, 4> kKeyTypes = {"EC", "OKP", "RSA", "oct"};

std::string TextOf(const Json& object, const char* member) {
  const auto it = object.find(member);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

// What is wrong with keys[i]; empty for one of an unknown type as well.
std::string CheckKey(const Json& key, size_t index) {
  const std::string at = absl::StrCat("keys[", index, "]");
  if (!key.is_object()) return at + " must be a JSON object.";
  const std::string type = TextOf(key, "kty");
  if (type.empty()) return at + ".kty is required.";
  // Published by accident, it would let whoever reads this manifest sign tokens.
  if (type != "oct" && key.contains("d")) {
    return at + " holds a private key (\"d\"); the public one is enough.";
  }
  return {};
}

bool IsKnown(const Json& key) {
  return std::find(kKeyTypes.begin(), kKeyTypes.end(), TextOf(key, "kty")) != kKeyTypes.end();
}

}  // namespace

std::string CheckJwks(std::string_view text) {
  const Json set = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (set.is_discarded()) return "must be JSON: a JSON Web Key Set, {\"keys\": [...]}.";
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array()) {
    return "must be a JSON Web Key Set: an object with a list \"keys\".";
  }
  if (keys->empty()) return "must hold at least one key in \"keys\".";
  for (size_t i = 0; i < keys->size(); ++i) {
    if (std::string problem = CheckKey((*keys)[i], i); !problem.empty()) return problem;
  }
  if (std::none_of(keys->begin(), keys->end(), IsKnown)) {
    return "must hold a key whose kty is EC, OKP, RSA or oct.";
  }
  return {};
}

}  // namespace sluice::manifest
