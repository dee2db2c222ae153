// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/jwk_set.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "dataplane/jose/jwk.h"

namespace sluice::jose {
namespace {

// Deep enough for a key in a set with the odd object of an extension.
constexpr JsonLimits kLimits = {.max_bytes = kMaxJwkSetBytes, .max_depth = 8, .max_values = 8192};

absl::Status Refused(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("JWK set: ", what));
}

// Some of the reasons: a set may hold a hundred keys.
std::string Reasons(const JwkSet& set) {
  constexpr size_t kShown = 3;
  std::string reasons;
  for (size_t i = 0; i < std::min(set.skipped.size(), kShown); ++i) {
    absl::StrAppend(&reasons, "; ", set.skipped[i].reason);
  }
  return reasons;
}

}  // namespace

absl::StatusOr<JwkSet> ParseJwkSet(std::string_view text) {
  std::string problem;
  const auto root = ParseJsonObject(text, kLimits, &problem);
  if (!root.has_value()) return Refused(problem);
  const JsonValue* keys = root->Find("keys");
  if (keys == nullptr || keys->kind != JsonKind::kArray)
    return Refused("\"keys\" must be an array");
  if (keys->items.size() > kMaxKeys) {
    return Refused(absl::StrCat("\"keys\" has ", keys->items.size(), " items; at most ", kMaxKeys,
                                " are allowed"));
  }
  JwkSet set;
  for (size_t i = 0; i < keys->items.size(); ++i) {
    ReadKey read = ReadJwk(keys->items[i]);
    if (auto* key = std::get_if<Jwk>(&read)) {
      key->index = i;
      set.keys.push_back(std::move(*key));
    } else {
      const std::string& reason = std::get<std::string>(read);
      set.skipped.push_back({.index = i, .reason = absl::StrCat("keys[", i, "]", reason)});
    }
  }
  if (set.keys.empty())
    return Refused(absl::StrCat("it holds no key to check signatures with", Reasons(set)));
  return set;
}

}  // namespace sluice::jose
