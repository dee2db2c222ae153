// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/operators.h"

#include <random>
#include <sstream>
#include <utility>

#include "controlplane/xdsserver/content_hash.h"

namespace sluice::pushapi {
namespace {

// Shorter ones can be guessed.
constexpr size_t kMinTokenLength = 16;

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

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

OperatorTable::OperatorTable() : key0_(RandomWord()), key1_(RandomWord()) {}

std::string OperatorTable::Parse(std::string_view text) {
  tokens_.clear();
  certificates_.clear();
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(std::move(word));
    if (words.empty() || words[0][0] == '#') continue;
    if (std::string error = ParseLine(words); !error.empty()) {
      tokens_.clear();
      certificates_.clear();
      return "line " + std::to_string(number) + ": " + error;
    }
  }
  return {};
}

std::string OperatorTable::ParseLine(const std::vector<std::string>& words) {
  const std::string& kind = words[0];
  if (kind != "token" && kind != "certificate") {
    return "starts with \"" + kind + "\": must be token or certificate";
  }
  if (words.size() != 4) return "must be: " + kind + " VALUE NAME read|write";
  if (words[3] != "read" && words[3] != "write") {
    return "ends with \"" + words[3] + "\": must be read or write";
  }
  const std::string& value = words[1];
  Caller caller{words[2], words[3] == "write"};
  if (kind == "certificate") {
    if (!certificates_.emplace(value, std::move(caller)).second) {
      return "names \"" + value + "\" a second time";
    }
    return {};
  }
  if (value.size() < kMinTokenLength) {
    return "the token is shorter than " + std::to_string(kMinTokenLength) + " characters";
  }
  if (FindToken(value).has_value()) return "repeats a token of an earlier line";
  tokens_[xdsserver::KeyedHash(key0_, key1_, value)].push_back({value, std::move(caller)});
  return {};
}

std::optional<Caller> OperatorTable::FindToken(std::string_view token) const {
  const auto it = tokens_.find(xdsserver::KeyedHash(key0_, key1_, token));
  if (it == tokens_.end()) return std::nullopt;
  for (const Token& candidate : it->second) {
    if (EqualInConstantTime(candidate.secret, token)) return candidate.caller;
  }
  return std::nullopt;
}

std::optional<Caller> OperatorTable::FindCertificate(
    const std::vector<std::string>& subject_alternative_names) const {
  for (const std::string& name : subject_alternative_names) {
    const auto it = certificates_.find(name);
    if (it != certificates_.end()) return it->second;
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

}  // namespace sluice::pushapi
