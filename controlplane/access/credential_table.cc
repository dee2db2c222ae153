// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/credential_table.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <random>
#include <sstream>
#include <utility>

namespace sluice::access {
namespace {

// Shorter ones can be guessed.
constexpr size_t kMinTokenLength = 16;
constexpr std::string_view kSpiffe = "spiffe://";

std::string DrawKey() {
  std::random_device source;
  std::string key;
  while (key.size() < 32) key.push_back(static_cast<char>(source()));
  return key;
}

// "NS/NAME": one slash, something on each side of it.
bool IsGatewayName(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != text.npos && slash != 0 && slash + 1 < text.size() &&
         text.find('/', slash + 1) == text.npos;
}

// spiffe://DOMAIN/ns/NS/gateway/NAME, and nothing before, between or after.
std::optional<std::string> GatewayOfSpiffeId(std::string_view id) {
  if (!id.starts_with(kSpiffe)) return std::nullopt;
  id.remove_prefix(kSpiffe.size());
  std::vector<std::string_view> parts;
  for (size_t slash = id.find('/'); slash != id.npos; slash = id.find('/')) {
    parts.push_back(id.substr(0, slash));
    id.remove_prefix(slash + 1);
  }
  parts.push_back(id);
  if (parts.size() != 5 || parts[1] != "ns" || parts[3] != "gateway") return std::nullopt;
  for (const std::string_view part : parts) {
    if (part.empty()) return std::nullopt;
  }
  return std::string(parts[2]) + "/" + std::string(parts[4]);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

TokenDigest DigestOf(std::string_view token) {
  static const std::string& key = *new std::string(DrawKey());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest, &size);
  return TokenDigest(reinterpret_cast<const char*>(digest), size);
}

std::string CredentialTable::Parse(std::string_view text) {
  Clear();
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream stream(line);
    Words words;
    for (std::string word; stream >> word;) words.push_back(std::move(word));
    if (words.empty() || words[0][0] == '#') continue;
    if (std::string error = ParseLine(words, number); !error.empty()) {
      Clear();
      return "line " + std::to_string(number) + ": " + error;
    }
  }
  return {};
}

void CredentialTable::Clear() {
  tokens_.clear();
  certificates_.clear();
}

std::string CredentialTable::ParseLine(const Words& words, int line_number) {
  const std::string& kind = words[0];
  if (kind != "token" && kind != "certificate") {
    return "does not start with token or certificate";
  }
  Identity identity;
  identity.proof = kind;
  std::string error =
      audience_ == Audience::kProxies ? ParseGateways(words, identity) : ParseRole(words, identity);
  if (!error.empty()) return error;
  const std::string& value = words[1];
  if (kind == "certificate") {
    if (identity.name.empty()) identity.name = value;
    if (!certificates_.emplace(value, std::move(identity)).second) {
      return "names \"" + value + "\" a second time";
    }
    return {};
  }
  if (value.size() < kMinTokenLength) {
    return "the token is shorter than " + std::to_string(kMinTokenLength) + " characters";
  }
  // The line stands for the token wherever the token must not be shown.
  if (identity.name.empty()) identity.name = "token of line " + std::to_string(line_number);
  if (!tokens_.emplace(DigestOf(value), std::move(identity)).second) {
    return "repeats a token of an earlier line";
  }
  return {};
}

std::string CredentialTable::ParseGateways(const Words& words, Identity& identity) const {
  if (words.size() < 3) return "must be: " + words[0] + " VALUE NAMESPACE/GATEWAY ...";
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "*") {
      identity.every_gateway = true;
    } else if (IsGatewayName(words[i])) {
      identity.gateways.push_back(words[i]);
    } else {
      return "word " + std::to_string(i + 1) + " is not NAMESPACE/GATEWAY nor *";
    }
  }
  return {};
}

std::string CredentialTable::ParseRole(const Words& words, Identity& identity) const {
  if (words.size() != 4) return "must be: " + words[0] + " VALUE NAME read|write";
  if (words[3] != "read" && words[3] != "write") return "does not end with read or write";
  identity.name = words[2];
  identity.may_write = words[3] == "write";
  return {};
}

std::optional<Identity> CredentialTable::FindToken(const TokenDigest& digest) const {
  const auto it = tokens_.find(digest);
  if (it == tokens_.end()) return std::nullopt;
  return it->second;
}

std::optional<Identity> CredentialTable::FindCertificate(
    const std::vector<std::string>& subject_alternative_names) const {
  for (const std::string& name : subject_alternative_names) {
    const auto it = certificates_.find(name);
    if (it != certificates_.end()) return it->second;
  }
  if (audience_ != Audience::kProxies) return std::nullopt;
  for (const std::string& name : subject_alternative_names) {
    if (std::optional<std::string> gateway = GatewayOfSpiffeId(name)) {
      Identity identity;
      identity.name = name;
      identity.proof = "certificate";
      identity.gateways.push_back(*std::move(gateway));
      return identity;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> BearerToken(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return std::nullopt;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (Lower(header[i]) != kScheme[i]) return std::nullopt;
  }
  return header.substr(kScheme.size());
}

}  // namespace sluice::access
