// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/condition_reference.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::compile {
namespace {

using Request = ConditionRequest;
using envoy::config::core::v3::CidrRange;
using envoy::config::rbac::v3::Permission;
using envoy::config::rbac::v3::Policy;
using envoy::config::rbac::v3::Principal;
using envoy::config::route::v3::HeaderMatcher;
using envoy::type::matcher::v3::MetadataMatcher;
using envoy::type::matcher::v3::StringMatcher;
using envoy::type::matcher::v3::ValueMatcher;

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

}  // namespace

bool ReferenceHolds(const Policy& policy, const ConditionRequest& request, bool lets_in) {
  bool permitted = false, known = false;
  for (const auto& permission : policy.permissions()) {
    permitted |= Holds(permission, request, lets_in);
  }
  for (const auto& principal : policy.principals()) known |= Holds(principal, request, lets_in);
  return permitted && known;
}

}  // namespace sluice::compile
