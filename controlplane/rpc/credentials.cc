// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/credentials.h"

#include <random>
#include <sstream>
#include <utility>

#include "controlplane/xdsserver/content_hash.h"

namespace sluice::rpc {
namespace {

using xdsserver::Peer;

// Shorter ones can be guessed.
constexpr size_t kMinTokenLength = 16;
constexpr std::string_view kSpiffe = "spiffe://";

uint64_t RandomWord() {
  std::random_device source;
  return static_cast<uint64_t>(source()) << 32 | source();
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// "NS/NAME": one slash, something on each side of it.
bool IsGatewayName(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != text.npos && slash != 0 && slash + 1 < text.size() &&
         text.find('/', slash + 1) == text.npos;
}

// spiffe://DOMAIN/ns/NS/gateway/NAME, and nothing before, between or after.
std::optional<std::string> GatewayOfSpiffeId(std::string_view id) {
  if (!StartsWith(id, kSpiffe)) return std::nullopt;
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

}  // namespace

CredentialTable::CredentialTable() : key0_(RandomWord()), key1_(RandomWord()) {}

std::string CredentialTable::Parse(std::string_view text) {
  tokens_.clear();
  certificates_.clear();
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(std::move(word));
    if (words.empty() || words[0][0] == '#') continue;
    if (std::string error = ParseLine(words, number); !error.empty()) {
      tokens_.clear();
      certificates_.clear();
      return "line " + std::to_string(number) + ": " + error;
    }
  }
  return {};
}

std::string CredentialTable::ParseLine(const std::vector<std::string>& words, int line_number) {
  const std::string& kind = words[0];
  if (kind != "token" && kind != "certificate") {
    return "starts with \"" + kind + "\": must be token or certificate";
  }
  if (words.size() < 3) return "must be: " + kind + " VALUE NAMESPACE/GATEWAY ...";
  Peer peer;
  peer.proof = kind;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "*") {
      peer.any_group = true;
    } else if (IsGatewayName(words[i])) {
      peer.groups.push_back(words[i]);
    } else {
      return "\"" + words[i] + "\" is not NAMESPACE/GATEWAY nor *";
    }
  }
  const std::string& value = words[1];
  if (kind == "certificate") {
    peer.principal = value;
    if (!certificates_.emplace(value, std::move(peer)).second) {
      return "names \"" + value + "\" a second time";
    }
    return {};
  }
  if (value.size() < kMinTokenLength) {
    return "the token is shorter than " + std::to_string(kMinTokenLength) + " characters";
  }
  // The line stands for the token wherever the token must not be shown.
  peer.principal = "token of line " + std::to_string(line_number);
  if (FindToken(value).has_value()) return "repeats a token of an earlier line";
  tokens_[xdsserver::KeyedHash(key0_, key1_, value)].push_back({value, std::move(peer)});
  return {};
}

std::optional<Peer> CredentialTable::FindToken(std::string_view token) const {
  const auto it = tokens_.find(xdsserver::KeyedHash(key0_, key1_, token));
  if (it == tokens_.end()) return std::nullopt;
  for (const Token& candidate : it->second) {
    if (EqualInConstantTime(candidate.secret, token)) return candidate.peer;
  }
  return std::nullopt;
}

std::optional<Peer> CredentialTable::FindCertificate(
    const std::vector<std::string>& subject_alternative_names) const {
  for (const std::string& name : subject_alternative_names) {
    const auto it = certificates_.find(name);
    if (it != certificates_.end()) return it->second;
  }
  for (const std::string& name : subject_alternative_names) {
    if (std::optional<std::string> gateway = GatewayOfSpiffeId(name)) {
      return Peer{name, "certificate", {*std::move(gateway)}, false};
    }
  }
  return std::nullopt;
}

bool IsLoopback(std::string_view address) {
  if (StartsWith(address, "unix:")) return true;
  if (StartsWith(address, "[")) return StartsWith(address, "[::1]");
  if (address == "::1") return true;
  const std::string_view host = address.substr(0, address.find(':'));
  if (host == "localhost") return true;
  // Digits and dots only, so that 127.0.0.1.example.com is not taken for an address.
  return StartsWith(host, "127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace sluice::rpc
