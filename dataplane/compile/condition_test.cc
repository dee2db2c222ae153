// SPDX-License-Identifier: Apache-2.0
//
// Aim: a compiled condition says what Envoy's messages say. Method: random policies and random
// requests, judged by a naive evaluator of the messages, written after their documentation, and by
// the compiled condition. Besides, what is not understood is refused.
#include "dataplane/compile/condition.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/arena.h"
#include "dataplane/compile/text_proto.h"
#include "dataplane/http/claims.h"

namespace sluice::compile {
namespace {

using condition::Condition;
using condition::Leaning;
using envoy::config::core::v3::CidrRange;
using envoy::config::rbac::v3::Permission;
using envoy::config::rbac::v3::Policy;
using envoy::config::rbac::v3::Principal;
using envoy::config::route::v3::HeaderMatcher;
using envoy::type::matcher::v3::MetadataMatcher;
using envoy::type::matcher::v3::StringMatcher;
using envoy::type::matcher::v3::ValueMatcher;

// A request and its connection, in words.
struct Request {
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string peer_ip, client_ip, sni;
  uint16_t port = 443;
  bool verified = false;
  std::string subject;
  std::vector<std::string> uris, dns_names;
  bool identified = false;
  std::string consumer;
  std::vector<std::string> groups;
  std::string role;                // A claim of text; empty: none.
  std::vector<std::string> roles;  // A claim that is a list; empty: none.
};

// ---- The naive evaluator ------------------------------------------------------------------------

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(text); }

bool Text(const StringMatcher& matcher, std::string text) {
  const auto fold = [&](const std::string& s) { return matcher.ignore_case() ? Lower(s) : s; };
  switch (matcher.match_pattern_case()) {
    case StringMatcher::kExact:
      return fold(text) == fold(matcher.exact());
    case StringMatcher::kPrefix:
      return fold(text).starts_with(fold(matcher.prefix()));
    case StringMatcher::kSuffix:
      return fold(text).ends_with(fold(matcher.suffix()));
    case StringMatcher::kContains:
      return absl::StrContains(fold(text), fold(matcher.contains()));
    case StringMatcher::kSafeRegex:
      return re2::RE2::FullMatch(text, matcher.safe_regex().regex());
    default:
      ADD_FAILURE() << matcher.DebugString();
      return false;
  }
}

// IPv4 alone.
uint32_t Ip(const std::string& text) {
  uint32_t out = 0, part = 0;
  for (const char c : text + ".") {
    if (c == '.') {
      out = out << 8 | part;
      part = 0;
    } else {
      part = part * 10 + static_cast<uint32_t>(c - '0');
    }
  }
  return out;
}

bool InNetwork(const CidrRange& range, const std::string& ip) {
  const uint32_t length = range.prefix_len().value();
  const uint32_t mask = length == 0 ? 0 : ~uint32_t{0} << (32 - length);
  return (Ip(range.address_prefix()) & mask) == (Ip(ip) & mask);
}

bool HeaderValue(const HeaderMatcher& matcher, const std::string& value) {
  bool matches = false;
  switch (matcher.header_match_specifier_case()) {
    case HeaderMatcher::kStringMatch:
      matches = Text(matcher.string_match(), value);
      break;
    case HeaderMatcher::kPresentMatch:
      matches = matcher.present_match();
      break;
    case HeaderMatcher::kRangeMatch: {
      int64_t number = 0;
      matches = absl::SimpleAtoi(value, &number) && number >= matcher.range_match().start() &&
                number < matcher.range_match().end();
      break;
    }
    default:
      ADD_FAILURE() << matcher.DebugString();
  }
  return matches != matcher.invert_match();
}

bool Header(const HeaderMatcher& matcher, const Request& request, bool lets_in) {
  std::vector<std::string> values;
  if (matcher.name() == ":method") values.push_back(request.method);
  for (const auto& [name, value] : request.headers) {
    if (name == matcher.name()) values.push_back(value);
  }
  if (values.empty() && matcher.treat_missing_header_as_empty()) values.push_back("");
  if (values.empty()) {
    return matcher.has_present_match() && matcher.present_match() == matcher.invert_match();
  }
  // Every value is judged, against the caller.
  bool all = true, one = false;
  for (const std::string& value : values) {
    const bool holds = HeaderValue(matcher, value);
    all &= holds;
    one |= holds;
  }
  return lets_in ? all : one;
}

struct Value {
  bool there = false;
  std::string text;
  std::vector<std::string> list;
};

bool ValueHolds(const ValueMatcher& matcher, const Value& value) {
  switch (matcher.match_pattern_case()) {
    case ValueMatcher::kPresentMatch:
      return value.there == matcher.present_match();
    case ValueMatcher::kStringMatch:
      return value.there && value.list.empty() && Text(matcher.string_match(), value.text);
    case ValueMatcher::kListMatch:
      for (const std::string& element : value.list) {
        if (ValueHolds(matcher.list_match().one_of(), {true, element, {}})) return true;
      }
      return false;
    case ValueMatcher::kOrMatch:
      for (const auto& one : matcher.or_match().value_matchers()) {
        if (ValueHolds(one, value)) return true;
      }
      return false;
    default:
      ADD_FAILURE() << matcher.DebugString();
      return false;
  }
}

bool Metadata(const MetadataMatcher& matcher, const Request& request) {
  Value value;
  const auto set_text = [&](const std::string& text) { value = {!text.empty(), text, {}}; };
  const auto set_list = [&](const std::vector<std::string>& list) {
    value = {!list.empty(), "", list};
  };
  const std::string& first = matcher.path(0).key();
  if (request.identified && first == "consumer") set_text(request.consumer);
  if (request.identified && first == "groups") set_list(request.groups);
  if (request.identified && first == "claims") {
    if (matcher.path(1).key() == "role") set_text(request.role);
    if (matcher.path(1).key() == "roles") set_list(request.roles);
  }
  return ValueHolds(matcher.value(), value) != matcher.invert();
}

bool Authenticated(const Principal::Authenticated& authenticated, const Request& request) {
  if (!request.verified) return false;
  if (!authenticated.has_principal_name()) return true;
  std::vector<std::string> names = request.uris;
  names.insert(names.end(), request.dns_names.begin(), request.dns_names.end());
  if (names.empty()) names.push_back(request.subject);
  for (const std::string& name : names) {
    if (Text(authenticated.principal_name(), name)) return true;
  }
  return false;
}

std::string PathOf(const Request& request) {
  return request.path.substr(0, request.path.find('?'));
}

bool Holds(const Permission& permission, const Request& request, bool lets_in) {
  switch (permission.rule_case()) {
    case Permission::kAny:
      return true;
    case Permission::kAndRules:
      for (const auto& rule : permission.and_rules().rules()) {
        if (!Holds(rule, request, lets_in)) return false;
      }
      return true;
    case Permission::kOrRules:
      for (const auto& rule : permission.or_rules().rules()) {
        if (Holds(rule, request, lets_in)) return true;
      }
      return false;
    case Permission::kNotRule:
      return !Holds(permission.not_rule(), request, !lets_in);
    case Permission::kHeader:
      return Header(permission.header(), request, lets_in);
    case Permission::kUrlPath:
      return Text(permission.url_path().path(), PathOf(request));
    case Permission::kDestinationPort:
      return permission.destination_port() == request.port;
    case Permission::kDestinationPortRange:
      return request.port >= permission.destination_port_range().start() &&
             request.port < permission.destination_port_range().end();
    case Permission::kRequestedServerName:
      return Text(permission.requested_server_name(), request.sni);
    case Permission::kMetadata:
      return Metadata(permission.metadata(), request);
    default:
      ADD_FAILURE() << permission.DebugString();
      return false;
  }
}

bool Holds(const Principal& principal, const Request& request, bool lets_in) {
  switch (principal.identifier_case()) {
    case Principal::kAny:
      return true;
    case Principal::kAndIds:
      for (const auto& id : principal.and_ids().ids()) {
        if (!Holds(id, request, lets_in)) return false;
      }
      return true;
    case Principal::kOrIds:
      for (const auto& id : principal.or_ids().ids()) {
        if (Holds(id, request, lets_in)) return true;
      }
      return false;
    case Principal::kNotId:
      return !Holds(principal.not_id(), request, !lets_in);
    case Principal::kHeader:
      return Header(principal.header(), request, lets_in);
    case Principal::kUrlPath:
      return Text(principal.url_path().path(), PathOf(request));
    case Principal::kAuthenticated:
      return Authenticated(principal.authenticated(), request);
    case Principal::kSourceIp:
      return InNetwork(principal.source_ip(), request.peer_ip);
    case Principal::kDirectRemoteIp:
      return InNetwork(principal.direct_remote_ip(), request.peer_ip);
    case Principal::kRemoteIp:
      return InNetwork(principal.remote_ip(), request.client_ip);
    case Principal::kSourcedMetadata:
      return Metadata(principal.sourced_metadata().metadata_matcher(), request);
    default:
      ADD_FAILURE() << principal.DebugString();
      return false;
  }
}

bool Holds(const Policy& policy, const Request& request, bool lets_in) {
  bool permitted = false, known = false;
  for (const auto& permission : policy.permissions()) {
    permitted |= Holds(permission, request, lets_in);
  }
  for (const auto& principal : policy.principals()) known |= Holds(principal, request, lets_in);
  return permitted && known;
}

// ---- Chance -------------------------------------------------------------------------------------

// Words are few and alike, so that conditions hold about as often as not.
class Chance {
 public:
  explicit Chance(uint32_t seed) : random_(seed) {}

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

  Request MakeRequest() {
    Request out{.method = Word(),
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

// ---- The comparison -----------------------------------------------------------------------------

bool Compiled(const Condition& condition, const Request& request) {
  base::Arena arena;
  http::RequestHead head(arena);
  head.method = request.method;
  head.path = request.path;
  for (const auto& [name, value] : request.headers) head.headers.Add(name, value);
  http::DownstreamInfo downstream;
  downstream.remote_ip = request.peer_ip;
  downstream.local_port = request.port;
  downstream.sni = request.sni;
  downstream.peer_verified = request.verified;
  downstream.peer_subject = request.subject;
  downstream.peer_uris = request.uris;
  downstream.peer_dns_names = request.dns_names;
  http::StreamInfo info;
  info.downstream = &downstream;
  info.client_address = request.client_ip;
  http::Claims::Builder builder;
  const std::vector<std::string_view> role = {request.role};
  const std::vector<std::string_view> roles(request.roles.begin(), request.roles.end());
  if (!request.role.empty()) builder.Add("role", 1, http::ClaimKind::kString, role);
  if (!request.roles.empty()) builder.Add("roles", 1, http::ClaimKind::kList, roles);
  const http::Claims claims = builder.Build();
  const std::vector<std::string_view> groups(request.groups.begin(), request.groups.end());
  const http::Identity identity{.consumer = request.consumer, .groups = groups, .claims = &claims};
  if (request.identified) info.identity = &identity;
  return condition.Matches(head, info);
}

absl::StatusOr<Condition> CompileOne(const Policy& policy, Leaning leaning) {
  const CompileOptions options;
  CompileContext context(options);
  context.Begin("rule", "r");
  return CompileCondition(policy, leaning, context);
}

TEST(ConditionPropertyTest, AgreesWithANaiveEvaluator) {
  Chance chance(20261124);
  int held = 0, judged = 0;
  for (int i = 0; i < 4000; ++i) {
    const Policy policy = chance.PolicyTest();
    const bool lets_in = chance.Flip();
    const auto condition = CompileOne(policy, lets_in ? Leaning::kLetsIn : Leaning::kKeepsOut);
    ASSERT_TRUE(condition.ok()) << condition.status() << "\n" << policy.DebugString();
    for (int j = 0; j < 25; ++j) {
      const Request request = chance.MakeRequest();
      const bool wanted = Holds(policy, request, lets_in);
      ASSERT_EQ(Compiled(*condition, request), wanted)
          << policy.DebugString() << request.method << " " << request.path;
      held += wanted;
      ++judged;
    }
  }
  // Else the test says little.
  EXPECT_GT(held, judged / 5);
  EXPECT_LT(held, judged * 4 / 5);
}

// ---- Refusals -----------------------------------------------------------------------------------

std::string ErrorOf(const std::string& text) {
  return std::string(CompileOne(FromText<Policy>(text), Leaning::kLetsIn).status().message());
}

TEST(ConditionTest, WhatIsNotUnderstoodIsRefused) {
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { filter_state {} }"),
            "rule \"r\": principals[0]: asks for nothing that is known here");
  EXPECT_EQ(ErrorOf("permissions {} principals { any: true }"),
            "rule \"r\": permissions[0]: asks for nothing that is known here");
  EXPECT_EQ(ErrorOf("permissions { any: true }"),
            "rule \"r\": principals: is empty: wants one or more");
  EXPECT_EQ(ErrorOf("permissions { any: false } principals { any: true }"),
            "rule \"r\": permissions[0].any: false asks for nothing: wants true");
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { and_ids {} }"),
            "rule \"r\": principals[0].and_ids.ids: is empty: wants one or more");
}

TEST(ConditionTest, AnErrorNamesItsPlace) {
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { not_id { remote_ip { "
                    "address_prefix: '10.0.0' prefix_len { value: 8 } } } }"),
            "rule \"r\": principals[0].not_id.remote_ip: \"10.0.0/8\" is no network");
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { metadata { filter: 'sluice.identify' "
                    "path { key: 'consumer' } value { present_match: true } } }"),
            "rule \"r\": principals[0].metadata: namespace of metadata \"sluice.identify\" is not "
            "known; did you mean \"sluice.identity\"?");
  EXPECT_EQ(ErrorOf("permissions { any: true } principals { metadata { filter: 'sluice.identity' "
                    "path { key: 'user' } value { present_match: true } } }"),
            "rule \"r\": principals[0].metadata.path: \"user\" is none of consumer, groups, "
            "method, issuer, subject, scopes, and claims with the name of a claim");
}

}  // namespace
}  // namespace sluice::compile
