// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/matchers.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

using config::HeaderMatch;
using config::PathMatch;
using config::StringMatch;
using envoy::config::route::v3::HeaderMatcher;
using envoy::type::matcher::v3::StringMatcher;
using StringKind = StringMatch::Kind;
using RouteMatcher = envoy::config::route::v3::RouteMatch;

namespace {

absl::StatusOr<std::string> HeaderName(const std::string& name, const CompileContext& context) {
  std::string lower = absl::AsciiStrToLower(name);
  const bool pseudo =
      lower == ":method" || lower == ":authority" || lower == ":path" || lower == ":scheme";
  if (!pseudo && !http::IsFieldName(lower)) {
    return context.ErrorAt("name", absl::StrCat("\"", name, "\" is no header name"));
  }
  return lower;
}

absl::StatusOr<PathMatch> CompilePath(const RouteMatcher& match, CompileContext& context) {
  PathMatch path;
  path.ignore_case = match.has_case_sensitive() && !match.case_sensitive().value();
  switch (match.path_specifier_case()) {
    case RouteMatcher::kPrefix:
      path.kind = PathMatch::Kind::kPrefix;
      path.value = match.prefix();
      return path;
    case RouteMatcher::kPath:
      path.kind = PathMatch::Kind::kExact;
      path.value = match.path();
      return path;
    case RouteMatcher::kSafeRegex:
      path.kind = PathMatch::Kind::kRegex;
      path.value = match.safe_regex().regex();
      path.ignore_case = false;  // For prefix and path alone.
      if (path.value.empty()) return context.ErrorAt("safe_regex.regex", "is empty");
      return path;
    case RouteMatcher::kPathSeparatedPrefix:
      path.kind = PathMatch::Kind::kSegmentPrefix;
      path.value = match.path_separated_prefix();
      if (path.value.empty() || path.value[0] != '/' || path.value.back() == '/' ||
          path.value.find_first_of("?#") != std::string::npos) {
        return context.ErrorAt("path_separated_prefix",
                               absl::StrCat("\"", path.value,
                                            "\" must begin with a slash, not end with one, and "
                                            "hold no '?' or '#'"));
      }
      return path;
    case RouteMatcher::kPathMatchPolicy:
      return context.ErrorAt("path_match_policy",
                             absl::StrCat("extension \"", match.path_match_policy().name(),
                                          "\" is not known; wants prefix, path, safe_regex or "
                                          "path_separated_prefix"));
    case RouteMatcher::kConnectMatcher:
    case RouteMatcher::PATH_SPECIFIER_NOT_SET:
      break;
  }
  return context.Error("wants one of prefix, path, safe_regex and path_separated_prefix");
}

absl::Status CompileHeaderCondition(const HeaderMatcher& matcher, HeaderMatch& out,
                                    CompileContext& context) {
  const auto set = [&](StringKind kind, const std::string& value) {
    out.match.kind = kind;
    out.match.value = value;
    return absl::OkStatus();
  };
  switch (matcher.header_match_specifier_case()) {
    case HeaderMatcher::kExactMatch:
      return set(StringKind::kExact, matcher.exact_match());
    case HeaderMatcher::kSafeRegexMatch:
      return set(StringKind::kRegex, matcher.safe_regex_match().regex());
    case HeaderMatcher::kPrefixMatch:
      return set(StringKind::kPrefix, matcher.prefix_match());
    case HeaderMatcher::kSuffixMatch:
      return set(StringKind::kSuffix, matcher.suffix_match());
    case HeaderMatcher::kContainsMatch:
      return set(StringKind::kContains, matcher.contains_match());
    case HeaderMatcher::kRangeMatch:
      out.range.emplace(matcher.range_match().start(), matcher.range_match().end());
      return absl::OkStatus();
    case HeaderMatcher::kStringMatch: {
      const Scope at(context, "string_match");
      SLUICE_ASSIGN_OR_RETURN(out.match, CompileStringMatch(matcher.string_match(), context));
      return absl::OkStatus();
    }
    case HeaderMatcher::kPresentMatch:
      out.invert = out.invert != !matcher.present_match();
      return set(StringKind::kPresent, "");
    case HeaderMatcher::HEADER_MATCH_SPECIFIER_NOT_SET:
      return set(StringKind::kPresent, "");
  }
  return absl::OkStatus();
}

absl::Status CompileQuery(const RouteMatcher& match, config::RouteMatch& out,
                          CompileContext& context) {
  for (int i = 0; i < match.query_parameters_size(); ++i) {
    const Scope at(context, "query_parameters", i);
    const auto& parameter = match.query_parameters(i);
    if (parameter.name().empty()) return context.ErrorAt("name", "is empty");
    config::QueryMatch query{.name = parameter.name()};
    query.match.kind = StringKind::kPresent;
    if (parameter.has_string_match()) {
      const Scope text(context, "string_match");
      SLUICE_ASSIGN_OR_RETURN(query.match, CompileStringMatch(parameter.string_match(), context));
    } else if (parameter.query_parameter_match_specifier_case() ==
                   envoy::config::route::v3::QueryParameterMatcher::kPresentMatch &&
               !parameter.present_match()) {
      return context.ErrorAt("present_match", "false asks for nothing: wants true");
    }
    out.query.push_back(std::move(query));
  }
  return absl::OkStatus();
}

absl::Status CompileCookies(const RouteMatcher& match, config::RouteMatch& out,
                            CompileContext& context) {
  for (int i = 0; i < match.cookies_size(); ++i) {
    const Scope at(context, "cookies", i);
    HeaderMatch cookie;
    cookie.name = match.cookies(i).name();
    cookie.invert = match.cookies(i).invert_match();
    if (!http::IsToken(cookie.name)) {
      return context.ErrorAt("name", absl::StrCat("\"", cookie.name, "\" is no cookie name"));
    }
    const Scope text(context, "string_match");
    SLUICE_ASSIGN_OR_RETURN(cookie.match,
                            CompileStringMatch(match.cookies(i).string_match(), context));
    out.cookies.push_back(std::move(cookie));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StringMatch> CompileStringMatch(const StringMatcher& matcher,
                                               CompileContext& context) {
  StringMatch out;
  out.ignore_case = matcher.ignore_case();
  const auto set = [&](StringKind kind, const std::string& value) {
    out.kind = kind;
    out.value = value;
    return out;
  };
  const auto nonempty = [&](StringKind kind, std::string_view field,
                            const std::string& value) -> absl::StatusOr<StringMatch> {
    if (value.empty()) return context.ErrorAt(field, "is empty");
    return set(kind, value);
  };
  switch (matcher.match_pattern_case()) {
    case StringMatcher::kExact:
      return set(StringKind::kExact, matcher.exact());
    case StringMatcher::kPrefix:
      return nonempty(StringKind::kPrefix, "prefix", matcher.prefix());
    case StringMatcher::kSuffix:
      return nonempty(StringKind::kSuffix, "suffix", matcher.suffix());
    case StringMatcher::kContains:
      return nonempty(StringKind::kContains, "contains", matcher.contains());
    case StringMatcher::kSafeRegex:
      out.ignore_case = false;
      return nonempty(StringKind::kRegex, "safe_regex.regex", matcher.safe_regex().regex());
    case StringMatcher::kCustom:
    case StringMatcher::MATCH_PATTERN_NOT_SET:
      break;
  }
  return context.Error("wants one of exact, prefix, suffix, contains and safe_regex");
}

absl::StatusOr<HeaderMatch> CompileHeaderMatch(const HeaderMatcher& matcher,
                                               CompileContext& context) {
  HeaderMatch out;
  SLUICE_ASSIGN_OR_RETURN(out.name, HeaderName(matcher.name(), context));
  out.invert = matcher.invert_match();
  out.missing_is_empty = matcher.treat_missing_header_as_empty();
  SLUICE_RETURN_IF_ERROR(CompileHeaderCondition(matcher, out, context));
  return out;
}

absl::StatusOr<config::RouteMatch> CompileRouteMatch(const RouteMatcher& match,
                                                     CompileContext& context) {
  config::RouteMatch out;
  SLUICE_ASSIGN_OR_RETURN(out.path, CompilePath(match, context));
  for (int i = 0; i < match.headers_size(); ++i) {
    const Scope at(context, "headers", i);
    SLUICE_ASSIGN_OR_RETURN(HeaderMatch header, CompileHeaderMatch(match.headers(i), context));
    out.headers.push_back(std::move(header));
  }
  SLUICE_RETURN_IF_ERROR(CompileQuery(match, out, context));
  SLUICE_RETURN_IF_ERROR(CompileCookies(match, out, context));
  out.grpc_only = match.has_grpc();
  out.fraction_per_million = match.has_runtime_fraction()
                                 ? PerMillion(match.runtime_fraction().default_value())
                                 : 1'000'000;
  return out;
}

}  // namespace sluice::compile
