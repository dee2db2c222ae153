// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/compile/condition_reference.h"

namespace sluice::compile {

// ConditionDice makes random policies, and requests that they may take.
//
// Words are few and alike, so that conditions hold about as often as not.
class ConditionDice {
 public:
  using CidrRange = envoy::config::core::v3::CidrRange;
  using Permission = envoy::config::rbac::v3::Permission;
  using Policy = envoy::config::rbac::v3::Policy;
  using Principal = envoy::config::rbac::v3::Principal;
  using HeaderMatcher = envoy::config::route::v3::HeaderMatcher;
  using MetadataMatcher = envoy::type::matcher::v3::MetadataMatcher;
  using StringMatcher = envoy::type::matcher::v3::StringMatcher;
  using ValueMatcher = envoy::type::matcher::v3::ValueMatcher;

  explicit ConditionDice(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) { return random_() % bound; }
  bool Flip() { return Below(2) == 0; }
  std::string Word() {
    static constexpr const char* kWords[] = {"a", "b", "ab", "A", "ba", "aa", "7"};
    return kWords[Below(7)];
  }
  std::string Address() { return absl::StrCat("10.", Below(2), ".", Below(2) * 128, ".1"); }
  std::string Path() { return absl::StrCat("/", Word(), Flip() ? "" : "/x", Flip() ? "" : "?a"); }

  StringMatcher String() {
    StringMatcher out;
    switch (Below(5)) {
      case 0:
        out.set_exact(Word());
        break;
      case 1:
        out.set_prefix(Word());
        break;
      case 2:
        out.set_suffix(Word());
        break;
      case 3:
        out.set_contains(Word());
        break;
      default:
        out.mutable_safe_regex()->set_regex("[ab]+|/a.*");
        return out;
    }
    out.set_ignore_case(Flip());
    return out;
  }

  HeaderMatcher HeaderTest() {
    HeaderMatcher out;
    const uint32_t kind = Below(5);
    out.set_name(kind == 0 ? ":method" : absl::StrCat("x-", Below(2)));
    switch (kind) {
      case 1:
        out.set_present_match(Flip());
        break;
      case 2:
        out.mutable_range_match()->set_start(0);
        out.mutable_range_match()->set_end(Below(10));
        break;
      default:
        *out.mutable_string_match() = String();
    }
    out.set_invert_match(Below(3) == 0);
    out.set_treat_missing_header_as_empty(kind != 1 && Below(4) == 0);
    return out;
  }

  CidrRange Network() {
    CidrRange out;
    out.set_address_prefix(Address());
    out.mutable_prefix_len()->set_value(Below(33));
    return out;
  }

  ValueMatcher ValueTest(int depth = 0) {
    ValueMatcher out;
    switch (depth > 2 ? Below(2) : Below(4)) {
      case 0:
        *out.mutable_string_match() = String();
        break;
      case 1:
        out.set_present_match(Flip());
        break;
      case 2:
        *out.mutable_list_match()->mutable_one_of() = ValueTest(depth + 1);
        break;
      default:
        *out.mutable_or_match()->add_value_matchers() = ValueTest(depth + 1);
        *out.mutable_or_match()->add_value_matchers() = ValueTest(depth + 1);
    }
    return out;
  }

  MetadataMatcher MetadataTest() {
    MetadataMatcher out;
    out.set_filter("sluice.identity");
    switch (Below(4)) {
      case 0:
        out.add_path()->set_key("consumer");
        break;
      case 1:
        out.add_path()->set_key("groups");
        break;
      default:
        out.add_path()->set_key("claims");
        out.add_path()->set_key(Flip() ? "role" : "roles");
    }
    *out.mutable_value() = ValueTest();
    out.set_invert(Below(4) == 0);
    return out;
  }

  Permission PermissionTest(int depth) {
    Permission out;
    switch (depth > 3 ? 3 + Below(7) : Below(10)) {
      case 0:
        for (uint32_t i = 0; i <= Below(2); ++i) {
          *out.mutable_and_rules()->add_rules() = PermissionTest(depth + 1);
        }
        if (!out.has_and_rules()) out.set_any(true);
        break;
      case 1:
        *out.mutable_or_rules()->add_rules() = PermissionTest(depth + 1);
        *out.mutable_or_rules()->add_rules() = PermissionTest(depth + 1);
        break;
      case 2:
        *out.mutable_not_rule() = PermissionTest(depth + 1);
        break;
      case 3:
        out.set_any(true);
        break;
      case 4:
        *out.mutable_header() = HeaderTest();
        break;
      case 5:
        *out.mutable_url_path()->mutable_path() = String();
        break;
      case 6:
        out.set_destination_port(442 + Below(3));
        break;
      case 7:
        out.mutable_destination_port_range()->set_start(440);
        out.mutable_destination_port_range()->set_end(static_cast<int32_t>(441 + Below(5)));
        break;
      case 8:
        *out.mutable_requested_server_name() = String();
        break;
      default:
        *out.mutable_metadata() = MetadataTest();
    }
    return out;
  }

  Principal PrincipalTest(int depth) {
    Principal out;
    switch (depth > 3 ? 3 + Below(8) : Below(11)) {
      case 0:
        *out.mutable_and_ids()->add_ids() = PrincipalTest(depth + 1);
        *out.mutable_and_ids()->add_ids() = PrincipalTest(depth + 1);
        break;
      case 1:
        *out.mutable_or_ids()->add_ids() = PrincipalTest(depth + 1);
        *out.mutable_or_ids()->add_ids() = PrincipalTest(depth + 1);
        break;
      case 2:
        *out.mutable_not_id() = PrincipalTest(depth + 1);
        break;
      case 3:
        out.set_any(true);
        break;
      case 4:
        out.mutable_authenticated();
        if (Flip()) *out.mutable_authenticated()->mutable_principal_name() = String();
        break;
      case 5:
        *out.mutable_source_ip() = Network();
        break;
      case 6:
        *out.mutable_direct_remote_ip() = Network();
        break;
      case 7:
        *out.mutable_remote_ip() = Network();
        break;
      case 8:
        *out.mutable_header() = HeaderTest();
        break;
      case 9:
        *out.mutable_url_path()->mutable_path() = String();
        break;
      default:
        *out.mutable_sourced_metadata()->mutable_metadata_matcher() = MetadataTest();
    }
    return out;
  }

  Policy PolicyTest() {
    Policy out;
    for (uint32_t i = 0; i <= Below(2); ++i) *out.add_permissions() = PermissionTest(0);
    for (uint32_t i = 0; i <= Below(2); ++i) *out.add_principals() = PrincipalTest(0);
    if (out.permissions().empty()) out.add_permissions()->set_any(true);
    if (out.principals().empty()) out.add_principals()->set_any(true);
    return out;
  }

  std::vector<std::string> Words() {
    std::vector<std::string> out;
    while (Flip()) out.push_back(Word());
    return out;
  }

  ConditionRequest MakeRequest() {
    ConditionRequest out{.method = Word(),
                         .path = Path(),
                         .peer_ip = Address(),
                         .client_ip = Address(),
                         .sni = Flip() ? Word() : "",
                         .port = static_cast<uint16_t>(441 + Below(4)),
                         .verified = Flip(),
                         .identified = Flip()};
    while (Below(3) != 0) out.headers.emplace_back(absl::StrCat("x-", Below(2)), Word());
    if (out.verified) {
      out.subject = Word();
      out.uris = Words();
      out.dns_names = Words();
    }
    if (out.identified) {
      out.consumer = Flip() ? Word() : "";
      out.groups = Words();
      out.role = Flip() ? Word() : "";
      out.roles = Words();
    }
    return out;
  }

 private:
  std::mt19937 random_;
};

}  // namespace sluice::compile
