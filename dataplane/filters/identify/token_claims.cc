// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/token_claims.h"

#include <algorithm>
#include <new>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "dataplane/http/syntax.h"

namespace sluice::filters {
namespace {

using http::Claim;
using http::ClaimKind;

bool Meets(const Claim& claim, const std::vector<std::string>& values) {
  if (values.empty()) return true;
  return std::any_of(claim.values.begin(), claim.values.end(), [&](std::string_view value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  });
}

}  // namespace

bool HasClaims(const http::Claims& claims, const std::vector<ClaimRule>& rules) {
  return std::all_of(rules.begin(), rules.end(), [&](const ClaimRule& rule) {
    const Claim* claim = claims.Find(rule.claim);
    return claim != nullptr && Meets(*claim, rule.values);
  });
}

std::optional<std::string_view> ClaimHeaderValue(const http::Claims& claims, std::string_view path,
                                                 base::Arena& arena) {
  const Claim* claim = claims.Find(path);
  if (claim == nullptr || claim->kind == ClaimKind::kOther) return {};
  size_t size = claim->values.size();
  for (const std::string_view value : claim->values) {
    size += value.size();
    // It would read as two elements.
    const bool splits = claim->kind == ClaimKind::kList && value.find(',') != value.npos;
    if (splits || !http::IsFieldValue(value)) return {};
  }
  if (size > kMaxClaimHeaderBytes) return {};
  return arena.Copy(absl::StrJoin(claim->values, ","));
}

absl::Span<const std::string_view> ScopesOf(const http::Claims& claims, base::Arena& arena) {
  absl::InlinedVector<std::string_view, 8> words;
  for (const std::string_view path : {"scope", "scp"}) {
    const Claim* claim = claims.Find(path);
    if (claim == nullptr) continue;
    for (const std::string_view value : claim->values) {
      for (const std::string_view word : absl::StrSplit(value, ' ', absl::SkipEmpty())) {
        words.push_back(word);
      }
    }
  }
  if (words.empty()) return {};
  char* memory = arena.Allocate(words.size() * sizeof(std::string_view), alignof(std::string_view));
  auto* first = reinterpret_cast<std::string_view*>(memory);
  for (size_t i = 0; i < words.size(); ++i) new (first + i) std::string_view(words[i]);
  return {first, words.size()};
}

}  // namespace sluice::filters
