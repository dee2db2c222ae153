// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "google/protobuf/descriptor.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

using gateway::v1::HTTPRouteFilter;

// What only one filter of a list may be.
bool IsSingle(std::string_view type) {
  return type != "RequestMirror" && type != "ExtensionRef" && !type.empty();
}

// "RequestHeaderModifier" is set in "requestHeaderModifier", "URLRewrite" in "urlRewrite".
bool Names(std::string_view type, std::string_view json_name) {
  return absl::EqualsIgnoreCase(type, json_name);
}

// Exactly the member that `type` names must be set.
void CheckUnion(const HTTPRouteFilter& filter, const std::string& path, Findings& findings) {
  const google::protobuf::Descriptor* type = HTTPRouteFilter::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type->field(i);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string at = absl::StrCat(path, ".", field->json_name());
    const bool is_set = filter.GetReflection()->HasField(filter, field);
    const bool is_named = Names(filter.type(), field->json_name());
    if (is_named && !is_set) {
      findings.Add(at, absl::StrCat("is required with type ", filter.type(), "."));
    } else if (!is_named && is_set && !filter.type().empty()) {
      findings.Add(at, absl::StrCat("must be absent with type ", filter.type(), "."));
    }
  }
}

template <typename List, typename NameOfItem>
void CheckHeaderNames(const List& list, const std::string& path, NameOfItem name_of,
                      Findings& findings) {
  std::set<std::string> names;
  for (int i = 0; i < list.size(); ++i) {
    if (names.insert(absl::AsciiStrToLower(name_of(list[i]))).second) continue;
    findings.Add(absl::StrCat(path, "[", i, "]"),
                 absl::StrCat("header \"", name_of(list[i]), "\" is given twice."));
  }
}

void CheckHeaders(const gateway::v1::HTTPHeaderFilter& filter, const std::string& path,
                  Findings& findings) {
  const auto name = [](const gateway::v1::HTTPHeader& header) { return header.name(); };
  CheckHeaderNames(filter.set(), absl::StrCat(path, ".set"), name, findings);
  CheckHeaderNames(filter.add(), absl::StrCat(path, ".add"), name, findings);
  CheckHeaderNames(
      filter.remove(), absl::StrCat(path, ".remove"), [](const std::string& text) { return text; },
      findings);
}

// What is cut off and replaced must be the one prefix that was matched.
bool MatchesOnePrefix(const Matches& matches) {
  if (matches.empty()) return true;  // the default is one match of the prefix "/"
  if (matches.size() > 1) return false;
  const gateway::v1::HTTPPathMatch& path = matches[0].path();
  return !path.has_type() || path.type() == "PathPrefix";
}

void CheckPathModifier(const gateway::v1::HTTPPathModifier& modifier, const Matches& matches,
                       const std::string& path, Findings& findings) {
  const bool is_full = modifier.type() == "ReplaceFullPath";
  const bool is_prefix = modifier.type() == "ReplacePrefixMatch";
  if (is_full != modifier.has_replace_full_path() && (is_full || is_prefix)) {
    findings.Add(absl::StrCat(path, ".replaceFullPath"),
                 absl::StrCat(is_full ? "is required" : "must be absent", " with type ",
                              modifier.type(), "."));
  }
  if (is_prefix != modifier.has_replace_prefix_match() && (is_full || is_prefix)) {
    findings.Add(absl::StrCat(path, ".replacePrefixMatch"),
                 absl::StrCat(is_prefix ? "is required" : "must be absent", " with type ",
                              modifier.type(), "."));
  }
  if (is_prefix && !MatchesOnePrefix(matches)) {
    findings.Add(path,
                 "ReplacePrefixMatch needs a rule with exactly one match, of type PathPrefix.");
  }
  // A control byte or space here would end up in a request line.
  for (const auto& [member, value] : std::map<std::string_view, std::string_view>{
           {"replaceFullPath", modifier.replace_full_path()},
           {"replacePrefixMatch", modifier.replace_prefix_match()}}) {
    const bool is_clean = std::all_of(value.begin(), value.end(),
                                      [](char c) { return absl::ascii_isgraph(c) && c != '#'; });
    if (!is_clean) {
      findings.Add(absl::StrCat(path, ".", member),
                   "must hold neither spaces, control characters, \"#\" nor bytes above 127; "
                   "escape them with \"%\".");
    }
  }
  if (!modifier.replace_full_path().empty()) {
    findings.Add(absl::StrCat(path, ".replaceFullPath"),
                 CheckFormat(api::FORMAT_ABSOLUTE_PATH, modifier.replace_full_path()));
  }
}

void CheckMirror(const gateway::v1::HTTPRequestMirrorFilter& mirror, const std::string& path,
                 Findings& findings) {
  if (mirror.has_percent() && mirror.has_fraction()) {
    findings.Add(absl::StrCat(path, ".fraction"), "must be absent where percent is given.");
  }
  const int denominator =
      mirror.fraction().has_denominator() ? mirror.fraction().denominator() : 100;
  if (mirror.fraction().numerator() > denominator) {
    findings.Add(absl::StrCat(path, ".fraction.numerator"),
                 absl::StrCat(mirror.fraction().numerator(),
                              " must not be greater than the denominator (", denominator, ")."));
  }
  const gateway::v1::BackendObjectReference& backend = mirror.backend_ref();
  const bool is_service =
      backend.group().empty() && (!backend.has_kind() || backend.kind() == "Service");
  if (mirror.has_backend_ref() && is_service && !backend.has_port()) {
    findings.Add(absl::StrCat(path, ".backendRef.port"), "is required for a Service.");
  }
}

std::string CheckOrigin(std::string_view origin) {
  constexpr std::string_view kRule =
      "must be \"*\" or \"scheme://host[:port]\" without a path; a wildcard may only be the whole "
      "first label of the host.";
  if (origin == "*") return {};
  const size_t colon = origin.find("://");
  if (colon == std::string_view::npos || colon == 0) return std::string(kRule);
  std::string_view host = origin.substr(colon + 3);
  if (!absl::StartsWith(host, "[")) {
    if (const size_t port = host.find(':'); port != std::string_view::npos) {
      int number = 0;
      if (!absl::SimpleAtoi(host.substr(port + 1), &number) || number < 1 || number > 65535) {
        return std::string(kRule);
      }
      host = host.substr(0, port);
    }
    const bool is_name = CheckFormat(api::FORMAT_HOSTNAME, host).empty() || IsIPv4(host);
    if (host.empty() || !is_name) return std::string(kRule);
  } else if (!absl::StrContains(host, ']')) {
    return std::string(kRule);
  }
  return {};
}

void CheckCors(const gateway::v1::HTTPCORSFilter& cors, const std::string& path,
               Findings& findings) {
  for (int i = 0; i < cors.allow_origins_size(); ++i) {
    findings.Add(absl::StrCat(path, ".allowOrigins[", i, "]"), CheckOrigin(cors.allow_origins(i)));
  }
  const auto alone = [&](const auto& list, std::string_view member) {
    const bool has_star = std::find(list.begin(), list.end(), "*") != list.end();
    if (has_star && list.size() > 1) {
      findings.Add(absl::StrCat(path, ".", member), "\"*\" must stand alone.");
    }
  };
  alone(cors.allow_methods(), "allowMethods");
  alone(cors.allow_headers(), "allowHeaders");
  alone(cors.allow_origins(), "allowOrigins");
}

}  // namespace

void CheckFilters(const Filters& filters, const Matches& matches, const std::string& path,
                  Findings& findings) {
  std::map<std::string, int> first;
  for (int i = 0; i < filters.size(); ++i) {
    const HTTPRouteFilter& filter = filters[i];
    const std::string at = absl::StrCat(path, "[", i, "]");
    CheckUnion(filter, at, findings);
    const auto [other, is_new] = first.emplace(filter.type(), i);
    if (!is_new && IsSingle(filter.type())) {
      findings.Add(absl::StrCat(at, ".type"),
                   absl::StrCat(filter.type(), " is also filter ", other->second,
                                " of this list; it may stand there once."));
    }
    CheckHeaders(filter.request_header_modifier(), absl::StrCat(at, ".requestHeaderModifier"),
                 findings);
    CheckHeaders(filter.response_header_modifier(), absl::StrCat(at, ".responseHeaderModifier"),
                 findings);
    if (filter.request_redirect().has_path()) {
      CheckPathModifier(filter.request_redirect().path(), matches,
                        absl::StrCat(at, ".requestRedirect.path"), findings);
    }
    if (filter.url_rewrite().has_path()) {
      CheckPathModifier(filter.url_rewrite().path(), matches, absl::StrCat(at, ".urlRewrite.path"),
                        findings);
    }
    CheckMirror(filter.request_mirror(), absl::StrCat(at, ".requestMirror"), findings);
    CheckCors(filter.cors(), absl::StrCat(at, ".cors"), findings);
  }
  const auto redirect = first.find("RequestRedirect");
  if (redirect != first.end() && first.contains("URLRewrite")) {
    findings.Add(absl::StrCat(path, "[", redirect->second, "]"),
                 "RequestRedirect cannot be used together with URLRewrite.");
  }
}

}  // namespace sluice::manifest
