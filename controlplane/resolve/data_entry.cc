// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/data_entry.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "k8s/config_map.pb.h"

namespace sluice::resolve {
namespace {

using Entries = google::protobuf::Map<std::string, std::string>;

void AddKeys(const Entries& entries, std::vector<std::string>& keys) {
  for (const auto& [key, value] : entries) keys.push_back(key);
}

Refusal NoEntry(const std::string& what, const std::string& key, std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  return {"RefNotFound",
          absl::StrCat(what, " has no entry ", key,
                       keys.empty() ? "; it is empty" : "; it has " + absl::StrJoin(keys, ", "))};
}

}  // namespace

std::optional<std::string> FindEntry(const k8s::Secret& secret, std::string_view key) {
  // What was written as stringData is in data as well: reading a manifest puts it there.
  const auto it = secret.data().find(std::string(key));
  if (it == secret.data().end()) return std::nullopt;
  return it->second;
}

std::variant<std::string, Refusal> ResolveEntry(Facts& facts, std::string_view kind,
                                                const std::string& ns, const std::string& name,
                                                const std::string& key) {
  const std::string what = absl::StrCat(kind, " ", ns, "/", name);
  std::vector<std::string> keys;
  if (kind == "Secret") {
    const auto* secret = facts.Find<k8s::Secret>(ns, name);
    if (secret == nullptr) return Refusal{"RefNotFound", what + " does not exist"};
    if (auto entry = FindEntry(*secret, key)) return *std::move(entry);
    AddKeys(secret->data(), keys);
    return NoEntry(what, key, std::move(keys));
  }
  const auto* map = facts.Find<k8s::ConfigMap>(ns, name);
  if (map == nullptr) return Refusal{"RefNotFound", what + " does not exist"};
  const auto it = map->data().find(key);
  if (it != map->data().end()) return it->second;
  AddKeys(map->data(), keys);
  return NoEntry(what, key, std::move(keys));
}

}  // namespace sluice::resolve
