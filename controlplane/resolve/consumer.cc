// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/consumer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "controlplane/certificate/digest.h"
#include "controlplane/resolve/data_entry.h"

namespace sluice::resolve {
namespace {

// A file that a Secret was made of often ends in a line feed, which no header can hold.
std::string_view WithoutLineEnd(std::string_view text) {
  absl::ConsumeSuffix(&text, "\n");
  absl::ConsumeSuffix(&text, "\r");
  return text;
}

// The SHA-256 of a key.
std::variant<std::string, Refusal> HashOf(Facts& facts, const std::string& ns,
                                          const v1alpha1::ConsumerApiKey& key) {
  if (!key.has_secret_ref()) {
    std::string hash;
    // What is no hash did not get past the manifest's checks.
    (void)absl::HexStringToBytes(key.sha256(), &hash);
    return hash;
  }
  const std::string& name = key.secret_ref().name();
  const std::string entry = key.secret_ref().key().empty() ? "key" : key.secret_ref().key();
  auto text = ResolveEntry(facts, "Secret", ns, name, entry);
  if (std::holds_alternative<Refusal>(text)) return text;
  const std::string_view value = WithoutLineEnd(std::get<std::string>(text));
  if (value.empty()) {
    return Refusal{"InvalidKey",
                   absl::StrCat("Secret ", ns, "/", name, ": entry ", entry, " is empty")};
  }
  return certificate::Sha256(value);
}

void AddKeys(Facts& facts, const std::string& ns, const v1alpha1::ConsumerSpec& spec,
             ConsumerDraft& draft) {
  std::vector<ir::ConsumerKey>& keys = draft.consumer.keys;
  for (int i = 0; i < spec.api_keys_size(); ++i) {
    const v1alpha1::ConsumerApiKey& from = spec.api_keys(i);
    auto hash = HashOf(facts, ns, from);
    if (auto* refusal = std::get_if<Refusal>(&hash)) {
      draft.refusals.push_back(
          {refusal->reason, absl::StrCat("spec.apiKeys[", i, "].secretRef: ", refusal->message)});
      continue;
    }
    ir::ConsumerKey key{.name = from.name(), .sha256 = std::get<std::string>(std::move(hash))};
    if (from.has_expires_at()) key.expires_at = absl::FromUnixSeconds(from.expires_at().seconds());
    // A Secret may hold what is also given by its hash.
    const bool is_known = std::any_of(keys.begin(), keys.end(), [&](const ir::ConsumerKey& other) {
      return other.sha256 == key.sha256;
    });
    if (!is_known) keys.push_back(std::move(key));
  }
}

}  // namespace

ConsumerDraft ResolveConsumer(Facts& facts, const manifest::ObjectKey& key,
                              const v1alpha1::Consumer& consumer) {
  const v1alpha1::ConsumerSpec& spec = consumer.spec();
  ConsumerDraft draft{.created = CreatedAt(consumer)};
  ir::Consumer& out = draft.consumer;
  out.name = absl::StrCat(key.ns, "/", key.name);
  out.source.object = {key.kind, key.ns, key.name};
  out.groups = {spec.groups().begin(), spec.groups().end()};
  AddKeys(facts, key.ns, spec, draft);
  for (const v1alpha1::ConsumerPassword& from : spec.passwords()) {
    out.passwords.emplace_back(from.username(), from.hash());
  }
  for (const v1alpha1::ConsumerToken& from : spec.tokens()) {
    out.tokens.emplace_back(from.issuer(), from.subject());
  }
  for (const v1alpha1::ConsumerCertificate& from : spec.certificates()) {
    out.certificates.push_back(from.san());
  }
  return draft;
}

}  // namespace sluice::resolve
