// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/redact.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"

namespace sluice::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::string_view kRedactedBase64 = "W3JlZGFjdGVkXQ==";

// Fields that hold nothing but secrets, spelled without '_' and in lower case.
constexpr std::string_view kSecretFields[] = {
    "accesstoken",
    "apikey",
    "apikeys",
    "clientsecret",
    "credentials",
    "genericsecret",
    "genericsecrets",
    "hash",
    "hmacsecret",
    "localjwks",
    "passphrase",
    "password",
    "passwords",
    "pkcs12",
    "privatekey",
    "secretaccesskey",
    "secretkey",
    "sessiontoken",
    "sessionticketkeys",
    "sha256",
    "sharedsecret",
    "signingkey",
    "sslkey",
    "token",
    "tokens",
    "tokensecret",
    "users",
};

// What may be shown inside of them: where the secret is, not what it is.
constexpr std::string_view kShownInside[] = {
    "@type", "client", "environmentvariable", "filename", "name", "typeurl", "watcheddirectory",
};

constexpr std::string_view kBytesFields[] = {"inlinebytes", "rawvalue", "pkcs12", "sha256"};

constexpr std::string_view kSecretHeaders[] = {
    "authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-auth-token",
};

template <size_t N>
bool IsIn(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string Normalize(std::string_view name) {
  std::string normal;
  for (const char c : name) {
    if (c != '_' && c != '-') normal.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return normal;
}

bool IsSecretHeader(const Json& object) {
  const auto key = object.find("key");
  if (key == object.end() || !key->is_string()) return false;
  const auto& name = key->get_ref<const std::string&>();
  return IsIn(kSecretHeaders, absl::AsciiStrToLower(name));
}

void HideString(const std::string& field, Json& value) {
  value = IsIn(kBytesFields, field) ? kRedactedBase64 : kRedacted;
}

void HideAll(const std::string& field, Json& value) {
  if (value.is_string() || value.is_number()) return HideString(field, value);
  if (value.is_array()) {
    for (Json& element : value) HideAll(field, element);
  } else if (value.is_object()) {
    for (auto& [key, member] : value.items()) {
      const std::string name = Normalize(key);
      if (!IsIn(kShownInside, name)) HideAll(name, member);
    }
  }
}

}  // namespace

void Redact(Json& message) {
  if (message.is_array()) {
    for (Json& element : message) Redact(element);
    return;
  }
  if (!message.is_object()) return;
  const bool secret_header = IsSecretHeader(message);
  for (auto& [key, member] : message.items()) {
    const std::string name = Normalize(key);
    const bool hides =
        IsIn(kSecretFields, name) ||
        // "secret" is also the envelope of a whole Secret, most of which may be seen.
        (name == "secret" && member.is_string()) ||
        (secret_header && (name == "value" || name == "rawvalue"));
    if (hides) {
      HideAll(name, member);
    } else {
      Redact(member);
    }
  }
}

}  // namespace sluice::admin
