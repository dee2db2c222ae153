// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "api/manifest/values.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

using gateway::v1::HTTPRouteMatch;
using gateway::v1::HTTPRouteRule;
using gateway::v1::ParentReference;

// Gateway API's bound on the matches of all rules together.
constexpr int kMaxMatches = 128;

bool SameParent(const ParentReference& a, const ParentReference& b) {
  const auto group = [](const ParentReference& ref) {
    return ref.has_group() ? ref.group() : "gateway.networking.k8s.io";
  };
  const auto kind = [](const ParentReference& ref) {
    return ref.has_kind() ? ref.kind() : "Gateway";
  };
  return group(a) == group(b) && kind(a) == kind(b) && a.namespace_() == b.namespace_() &&
         a.name() == b.name();
}

// Several references to one parent must each be told apart by section or port.
bool Clash(const ParentReference& a, const ParentReference& b) {
  if (!SameParent(a, b)) return false;
  const auto part = [](const ParentReference& ref) {
    return std::make_tuple(ref.section_name(), ref.port());
  };
  const std::tuple<std::string, int32_t> whole;
  return part(a) == part(b) || part(a) == whole || part(b) == whole;
}

void CheckParents(const gateway::v1::HTTPRouteSpec& spec, Findings& findings) {
  for (int i = 0; i < spec.parent_refs_size(); ++i) {
    for (int j = 0; j < i; ++j) {
      if (!Clash(spec.parent_refs(j), spec.parent_refs(i))) continue;
      findings.Add(absl::StrCat("spec.parentRefs[", i, "]"),
                   absl::StrCat("names the same parent as spec.parentRefs[", j,
                                "]; each must name another sectionName or port."));
      break;
    }
  }
}

void CheckPath(const gateway::v1::HTTPPathMatch& match, const std::string& path,
               Findings& findings) {
  const bool is_regex = match.type() == "RegularExpression";
  if (!match.has_value()) {
    if (is_regex) findings.Add(path, "must have a value with type RegularExpression.");
    return;
  }
  findings.Add(absl::StrCat(path, ".value"),
               is_regex ? CheckRegex(match.value()) : CheckRoutePath(match.value()));
}

template <typename Match>
void CheckValue(const Match& match, const std::string& path, Findings& findings) {
  if (match.type() == "RegularExpression") {
    findings.Add(absl::StrCat(path, ".value"), CheckRegex(match.value()));
  }
}

void CheckMatch(const HTTPRouteMatch& match, const std::string& path, Findings& findings) {
  if (match.has_path()) CheckPath(match.path(), absl::StrCat(path, ".path"), findings);
  std::set<std::string> names;
  for (int i = 0; i < match.headers_size(); ++i) {
    const std::string at = absl::StrCat(path, ".headers[", i, "]");
    CheckValue(match.headers(i), at, findings);
    if (match.headers(i).type() != "RegularExpression") {
      findings.Add(absl::StrCat(at, ".value"),
                   CheckFormat(api::FORMAT_HEADER_VALUE, match.headers(i).value()));
    }
    if (!names.insert(absl::AsciiStrToLower(match.headers(i).name())).second) {
      findings.Add(absl::StrCat(at, ".name"),
                   absl::StrCat("\"", match.headers(i).name(),
                                "\" is matched twice; one header can have one match only."));
    }
  }
  for (int i = 0; i < match.query_params_size(); ++i) {
    CheckValue(match.query_params(i), absl::StrCat(path, ".queryParams[", i, "]"), findings);
  }
}

void CheckTimeouts(const gateway::v1::HTTPRouteTimeouts& timeouts, const std::string& path,
                   Findings& findings) {
  if (!timeouts.has_request() || !timeouts.has_backend_request()) return;
  const absl::Duration request = FromProto(timeouts.request());
  const absl::Duration backend = FromProto(timeouts.backend_request());
  if (request == absl::ZeroDuration() || backend <= request) return;
  findings.Add(absl::StrCat(path, ".backendRequest"),
               absl::StrCat(WriteDuration(backend), " must not be longer than request (",
                            WriteDuration(request), ")."));
}

void CheckBackends(const HTTPRouteRule& rule, const std::string& path, Findings& findings) {
  for (int i = 0; i < rule.backend_refs_size(); ++i) {
    const gateway::v1::HTTPBackendRef& backend = rule.backend_refs(i);
    const std::string at = absl::StrCat(path, ".backendRefs[", i, "]");
    const bool is_service =
        backend.group().empty() && (!backend.has_kind() || backend.kind() == "Service");
    if (is_service && !backend.has_port()) {
      findings.Add(absl::StrCat(at, ".port"), "is required for a Service.");
    }
    CheckFilters(backend.filters(), rule.matches(), absl::StrCat(at, ".filters"), findings);
  }
  if (rule.backend_refs().empty()) return;
  for (int i = 0; i < rule.filters_size(); ++i) {
    if (rule.filters(i).type() != "RequestRedirect") continue;
    findings.Add(absl::StrCat(path, ".filters[", i, "]"),
                 "RequestRedirect cannot be used in a rule with backendRefs.");
  }
}

void CheckRetry(const gateway::v1::HTTPRouteRetry& retry, const std::string& path,
                Findings& findings) {
  std::set<int> codes;
  for (int i = 0; i < retry.codes_size(); ++i) {
    if (codes.insert(retry.codes(i)).second) continue;
    findings.Add(absl::StrCat(path, ".codes[", i, "]"),
                 absl::StrCat(retry.codes(i), " is given twice."));
  }
}

void CheckRule(const HTTPRouteRule& rule, const std::string& path, Findings& findings) {
  for (int i = 0; i < rule.matches_size(); ++i) {
    CheckMatch(rule.matches(i), absl::StrCat(path, ".matches[", i, "]"), findings);
  }
  CheckFilters(rule.filters(), rule.matches(), absl::StrCat(path, ".filters"), findings);
  CheckBackends(rule, path, findings);
  CheckTimeouts(rule.timeouts(), absl::StrCat(path, ".timeouts"), findings);
  CheckRetry(rule.retry(), absl::StrCat(path, ".retry"), findings);
}

}  // namespace

void CheckKind(const gateway::v1::HTTPRoute& route, Findings& findings) {
  CheckParents(route.spec(), findings);
  int matches = 0;
  std::set<std::string> names;
  for (int i = 0; i < route.spec().rules_size(); ++i) {
    const HTTPRouteRule& rule = route.spec().rules(i);
    const std::string path = absl::StrCat("spec.rules[", i, "]");
    CheckRule(rule, path, findings);
    matches += rule.matches_size();
    if (rule.has_name() && !names.insert(rule.name()).second) {
      findings.Add(absl::StrCat(path, ".name"),
                   absl::StrCat("\"", rule.name(), "\" names another rule of this route."));
    }
  }
  if (matches > kMaxMatches) {
    findings.Add("spec.rules", absl::StrCat("hold ", matches, " matches together; at most ",
                                            kMaxMatches, " are allowed."));
  }
}

}  // namespace sluice::manifest
