// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/conditions.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::translate {
namespace {

namespace matcher = envoy::type::matcher::v3;
using envoy::config::rbac::v3::Principal;

// Principals of which one must hold: one by itself, or several in a set.
class OneOf {
 public:
  explicit OneOf(Principal::Set* all) : all_(all) {}

  Principal* Add() { return alternatives_.add_ids(); }
  // Puts what was added among `all`, if anything was.
  void Finish() {
    if (alternatives_.ids().empty()) return;
    if (alternatives_.ids_size() == 1) {
      all_->add_ids()->Swap(alternatives_.mutable_ids(0));
    } else {
      *all_->add_ids()->mutable_or_ids() = std::move(alternatives_);
    }
  }

 private:
  Principal::Set* const all_;
  Principal::Set alternatives_;
};

// The value under these keys of what a proxy knows of the caller.
matcher::ValueMatcher* AddIdentity(std::initializer_list<std::string_view> keys,
                                   Principal::Set* all) {
  auto* metadata = all->add_ids()->mutable_sourced_metadata()->mutable_metadata_matcher();
  metadata->set_filter(kIdentityMetadata);
  for (const std::string_view key : keys) metadata->add_path()->set_key(std::string(key));
  return metadata->mutable_value();
}

// Equal to one of the texts.
void SetOneOf(const std::vector<std::string>& texts, matcher::ValueMatcher* to) {
  if (texts.size() == 1) {
    to->mutable_string_match()->set_exact(texts[0]);
    return;
  }
  for (const std::string& text : texts) {
    to->mutable_or_match()->add_value_matchers()->mutable_string_match()->set_exact(text);
  }
}

// As a claim may hold it: text that reads as a number or a truth value may be either.
void AddScalars(const std::vector<std::string>& texts, matcher::OrMatcher* to) {
  for (const std::string& text : texts) {
    to->add_value_matchers()->mutable_string_match()->set_exact(text);
    double number = 0;
    // Only as JSON writes numbers: "inf" and "0x1" are words.
    if (text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
        absl::SimpleAtod(text, &number)) {
      to->add_value_matchers()->mutable_double_match()->set_exact(number);
    }
    if (text == "true" || text == "false") {
      to->add_value_matchers()->set_bool_match(text == "true");
    }
  }
}

void AddClaim(const ir::NamedValues& claim, Principal::Set* all) {
  matcher::ValueMatcher* value = AddIdentity({"claims", claim.name}, all);
  if (claim.values.empty()) {
    value->set_present_match(true);
    return;
  }
  AddScalars(claim.values, value->mutable_or_match());
  AddScalars(claim.values, value->mutable_or_match()
                               ->add_value_matchers()
                               ->mutable_list_match()
                               ->mutable_one_of()
                               ->mutable_or_match());
}

void AddCaller(const ir::Conditions& from, Principal::Set* all) {
  if (from.any_consumer) AddIdentity({"consumer"}, all)->set_present_match(true);
  if (!from.consumers.empty()) SetOneOf(from.consumers, AddIdentity({"consumer"}, all));
  if (!from.groups.empty()) {
    SetOneOf(from.groups, AddIdentity({"groups"}, all)->mutable_list_match()->mutable_one_of());
  }
  if (!from.scopes.empty()) {
    SetOneOf(from.scopes, AddIdentity({"scopes"}, all)->mutable_list_match()->mutable_one_of());
  }
  for (const ir::NamedValues& claim : from.claims) AddClaim(claim, all);
}

void AddPaths(const std::vector<ir::PathMatch>& paths, Principal::Set* all) {
  OneOf one(all);
  const auto add = [&one] { return one.Add()->mutable_url_path()->mutable_path(); };
  for (const ir::PathMatch& path : paths) {
    switch (path.kind) {
      case ir::PathMatch::Kind::kExact:
        add()->set_exact(path.value);
        break;
      case ir::PathMatch::Kind::kRegex:
        add()->mutable_safe_regex()->set_regex(path.value);
        break;
      case ir::PathMatch::Kind::kPrefix:
        // By segments: itself, or what lies below.
        if (path.value != "/") add()->set_exact(path.value);
        add()->set_prefix(path.value == "/" ? "/" : absl::StrCat(path.value, "/"));
        break;
    }
  }
  one.Finish();
}

void AddHeaderValues(const std::string& name, const std::vector<std::string>& values,
                     Principal::Set* all) {
  OneOf one(all);
  for (const std::string& value : values) {
    auto* header = one.Add()->mutable_header();
    header->set_name(name);
    header->mutable_string_match()->set_exact(value);
  }
  if (values.empty()) {
    auto* header = one.Add()->mutable_header();
    header->set_name(name);
    header->set_present_match(true);
  }
  one.Finish();
}

void AddNetworks(const std::vector<ir::Network>& networks, Principal::Set* all) {
  OneOf one(all);
  for (const ir::Network& network : networks) {
    auto* range = one.Add()->mutable_remote_ip();
    range->set_address_prefix(network.address);
    range->mutable_prefix_len()->set_value(network.prefix_bits);
  }
  one.Finish();
}

void AddAll(const ir::Conditions& from, Principal::Set* all) {
  // What is cheap to look at comes first.
  if (!from.methods.empty()) AddHeaderValues(":method", from.methods, all);
  AddPaths(from.paths, all);
  AddNetworks(from.client_ips, all);
  AddCaller(from, all);
  for (const ir::NamedValues& header : from.headers)
    AddHeaderValues(header.name, header.values, all);
}

}  // namespace

envoy::config::rbac::v3::Policy TranslateConditions(const std::optional<ir::Conditions>& when,
                                                    const std::optional<ir::Conditions>& unless) {
  envoy::config::rbac::v3::Policy policy;
  policy.add_permissions()->set_any(true);
  Principal* principal = policy.add_principals();
  Principal::Set all;
  if (when.has_value()) AddAll(*when, &all);
  if (unless.has_value()) {
    Principal::Set exempt;
    AddAll(*unless, &exempt);
    *all.add_ids()->mutable_not_id()->mutable_and_ids() = std::move(exempt);
  }
  if (all.ids().empty()) {
    principal->set_any(true);
  } else {
    *principal->mutable_and_ids() = std::move(all);
  }
  return policy;
}

}  // namespace sluice::translate
