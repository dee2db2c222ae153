// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/route.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "controlplane/translate/names.h"
#include "controlplane/translate/policies.h"
#include "controlplane/translate/wire.h"
#include "controlplane/xdsserver/type_urls.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"

namespace sluice::translate {
namespace {

namespace core = envoy::config::core::v3;
namespace matcher = envoy::type::matcher::v3;
namespace xds = envoy::config::route::v3;

// Text as a regular expression that matches it alone.
std::string Quote(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::StrContains("\\^$.|?*+()[]{}-", c)) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void AddHeader(const std::pair<std::string, std::string>& header,
               core::HeaderValueOption::HeaderAppendAction action,
               google::protobuf::RepeatedPtrField<core::HeaderValueOption>* to) {
  core::HeaderValueOption* option = to->Add();
  option->mutable_header()->set_key(header.first);
  // A percent sign opens a format operator on the wire; what a person wrote is text.
  option->mutable_header()->set_value(absl::StrReplaceAll(header.second, {{"%", "%%"}}));
  option->set_append_action(action);
}

// `to` is a Route or a ClusterWeight: they have the same four fields.
template <typename T>
void SetEdits(const ir::HeaderEdits& request, const ir::HeaderEdits& response, T* to) {
  for (const auto& header : request.set) {
    AddHeader(header, core::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD,
              to->mutable_request_headers_to_add());
  }
  for (const auto& header : request.add) {
    AddHeader(header, core::HeaderValueOption::APPEND_IF_EXISTS_OR_ADD,
              to->mutable_request_headers_to_add());
  }
  for (const std::string& name : request.remove) to->add_request_headers_to_remove(name);
  for (const auto& header : response.set) {
    AddHeader(header, core::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD,
              to->mutable_response_headers_to_add());
  }
  for (const auto& header : response.add) {
    AddHeader(header, core::HeaderValueOption::APPEND_IF_EXISTS_OR_ADD,
              to->mutable_response_headers_to_add());
  }
  for (const std::string& name : response.remove) to->add_response_headers_to_remove(name);
}

void SetValue(const ir::ValueMatch& from, matcher::StringMatcher* to) {
  if (from.is_regex) {
    to->mutable_safe_regex()->set_regex(from.value);
  } else {
    to->set_exact(from.value);
  }
}

void SetMatch(const ir::Match& from, xds::RouteMatch* to) {
  switch (from.path.kind) {
    case ir::PathMatch::Kind::kExact:
      to->set_path(from.path.value);
      break;
    case ir::PathMatch::Kind::kRegex:
      to->mutable_safe_regex()->set_regex(from.path.value);
      break;
    case ir::PathMatch::Kind::kPrefix:
      if (from.path.value == "/" || from.path.value.empty()) {
        to->set_prefix("/");
      } else {
        to->set_path_separated_prefix(from.path.value);
      }
      break;
  }
  if (!from.method.empty()) {
    xds::HeaderMatcher* header = to->add_headers();
    header->set_name(":method");
    header->mutable_string_match()->set_exact(from.method);
  }
  for (const ir::ValueMatch& match : from.headers) {
    xds::HeaderMatcher* header = to->add_headers();
    header->set_name(match.name);
    SetValue(match, header->mutable_string_match());
  }
  for (const ir::ValueMatch& match : from.query) {
    xds::QueryParameterMatcher* query = to->add_query_parameters();
    query->set_name(match.name);
    SetValue(match, query->mutable_string_match());
  }
}

// `to` is a RouteAction or a RedirectAction.
template <typename T>
void SetRegexRewrite(std::string pattern, std::string_view replacement, T* to) {
  to->mutable_regex_rewrite()->mutable_pattern()->set_regex(std::move(pattern));
  to->mutable_regex_rewrite()->set_substitution(absl::StrReplaceAll(replacement, {{"\\", "\\\\"}}));
}

// A prefix of segments is replaced by segments. Envoy's prefix_rewrite replaces text, which is the
// same unless the prefix or its replacement ends in a slash: then "/v1" -> "/" would make "//x" of
// "/v1/x".
template <typename T>
void SetPrefixRewrite(const ir::PathMatch& match, const std::string& replacement, T* to) {
  if (match.kind != ir::PathMatch::Kind::kPrefix) return;
  const bool root = match.value == "/" || match.value.empty();
  const std::string target = replacement.empty() ? "/" : replacement;
  if (!root && target.back() != '/') {
    to->set_prefix_rewrite(target);
    return;
  }
  const std::string prefix = root ? "" : match.value;
  SetRegexRewrite(absl::StrCat("^", Quote(prefix), "/?"),
                  target.back() == '/' ? target : target + "/", to);
}

void SetPathRewrite(const ir::PathMatch& match, const ir::PathRewrite& rewrite,
                    xds::RouteAction* to) {
  if (rewrite.full) {
    SetRegexRewrite("^/.*$", rewrite.value.empty() ? "/" : rewrite.value, to);
  } else {
    SetPrefixRewrite(match, rewrite.value, to);
  }
}

std::string_view RetryCondition(std::string_view name) {
  if (name == "ConnectFailure") return "connect-failure";
  if (name == "RefusedStream") return "refused-stream";
  if (name == "Reset") return "reset";
  if (name == "GatewayError") return "gateway-error";
  return "5xx";
}

void SetRetry(const ir::Retry& from, xds::RetryPolicy* to) {
  std::vector<std::string_view> conditions;
  for (const std::string& name : from.retry_on) conditions.push_back(RetryCondition(name));
  if (!from.status_codes.empty()) conditions.push_back("retriable-status-codes");
  to->set_retry_on(absl::StrJoin(conditions, ","));
  to->mutable_num_retries()->set_value(from.attempts);
  for (const uint32_t code : from.status_codes) to->add_retriable_status_codes(code);
  if (from.backoff_base || from.backoff_max) {
    const absl::Duration base = from.backoff_base.value_or(absl::Milliseconds(25));
    SetDuration(base, to->mutable_retry_back_off()->mutable_base_interval());
    const absl::Duration max = std::max(base, from.backoff_max.value_or(10 * base));
    SetDuration(max, to->mutable_retry_back_off()->mutable_max_interval());
  }
}

void SetFraction(uint32_t per_million, core::RuntimeFractionalPercent* to) {
  to->mutable_default_value()->set_numerator(per_million);
  to->mutable_default_value()->set_denominator(envoy::type::v3::FractionalPercent::MILLION);
}

void SetBackends(const std::vector<ir::WeightedBackend>& backends, xds::RouteAction* to) {
  const ir::WeightedBackend& first = backends.front();
  if (backends.size() == 1 && first.request_edits.empty() && first.response_edits.empty() &&
      first.host_rewrite.empty()) {
    to->set_cluster(first.backend);
    return;
  }
  for (const ir::WeightedBackend& backend : backends) {
    auto* cluster = to->mutable_weighted_clusters()->add_clusters();
    cluster->set_name(backend.backend);
    cluster->mutable_weight()->set_value(backend.weight);
    SetEdits(backend.request_edits, backend.response_edits, cluster);
    if (!backend.host_rewrite.empty()) cluster->set_host_rewrite_literal(backend.host_rewrite);
  }
}

void SetForward(const ir::Match& match, const ir::Forward& from, xds::RouteAction* to) {
  SetBackends(from.backends, to);
  if (from.path_rewrite) SetPathRewrite(match.path, *from.path_rewrite, to);
  if (!from.host_rewrite.empty()) to->set_host_rewrite_literal(from.host_rewrite);
  SetDuration(from.times.request, to->mutable_timeout());
  if (from.times.stream_idle) SetDuration(*from.times.stream_idle, to->mutable_idle_timeout());
  if (from.retry) SetRetry(*from.retry, to->mutable_retry_policy());
  if (from.times.each_try > absl::ZeroDuration()) {
    SetDuration(from.times.each_try, to->mutable_retry_policy()->mutable_per_try_timeout());
  }
  for (const ir::Mirror& mirror : from.mirrors) {
    auto* policy = to->add_request_mirror_policies();
    policy->set_cluster(mirror.backend);
    if (mirror.per_million < 1'000'000) {
      SetFraction(mirror.per_million, policy->mutable_runtime_fraction());
    }
    // A mirror is to see the request as it was.
    policy->set_disable_shadow_host_suffix_append(true);
  }
}

xds::RedirectAction::RedirectResponseCode RedirectCode(uint16_t status) {
  switch (status) {
    case 301:
      return xds::RedirectAction::MOVED_PERMANENTLY;
    case 303:
      return xds::RedirectAction::SEE_OTHER;
    case 307:
      return xds::RedirectAction::TEMPORARY_REDIRECT;
    case 308:
      return xds::RedirectAction::PERMANENT_REDIRECT;
    default:
      return xds::RedirectAction::FOUND;
  }
}

// The port is the asked one; else that of the asked scheme; else the listener's, which is what the
// request has unless the host is replaced.
uint16_t RedirectPort(const ir::Redirect& redirect, const ir::Port& port) {
  if (redirect.port) return *redirect.port;
  if (redirect.scheme == "http") return 80;
  if (redirect.scheme == "https") return 443;
  const uint16_t usual = port.tls ? 443 : 80;
  return redirect.hostname.empty() || port.port == usual ? 0 : port.port;
}

void SetRedirect(const ir::Match& match, const ir::Redirect& from, const ir::Port& port,
                 xds::RedirectAction* to) {
  if (!from.scheme.empty()) to->set_scheme_redirect(from.scheme);
  to->set_host_redirect(from.hostname);
  to->set_port_redirect(RedirectPort(from, port));
  to->set_response_code(RedirectCode(from.status));
  if (!from.path) return;
  if (from.path->full) {
    to->set_path_redirect(from.path->value.empty() ? "/" : from.path->value);
  } else {
    SetPrefixRewrite(match.path, from.path->value, to);
  }
}

void SetOrigin(const std::string& origin, matcher::StringMatcher* to) {
  if (!absl::StrContains(origin, '*')) {
    to->set_exact(origin);
    return;
  }
  to->mutable_safe_regex()->set_regex(
      absl::StrReplaceAll(Quote(origin), {{"\\*", origin == "*" ? ".*" : "[^/]+"}}));
}

void SetCors(const ir::Cors& from, xds::Route* to) {
  envoy::extensions::filters::http::cors::v3::CorsPolicy policy;
  for (const std::string& origin : from.allow_origins) {
    SetOrigin(origin, policy.add_allow_origin_string_match());
  }
  policy.set_allow_methods(absl::StrJoin(from.allow_methods, ", "));
  policy.set_allow_headers(absl::StrJoin(from.allow_headers, ", "));
  policy.set_expose_headers(absl::StrJoin(from.expose_headers, ", "));
  policy.set_max_age(absl::StrCat(from.max_age_seconds));
  policy.mutable_allow_credentials()->set_value(from.allow_credentials);
  Pack(policy, &(*to->mutable_typed_per_filter_config())["envoy.filters.http.cors"]);
}

void AddRoute(const ir::Route& from, const ir::Port& port, xds::VirtualHost* host) {
  const auto* forward = std::get_if<ir::Forward>(&from.action);
  if (forward != nullptr && forward->failing_per_million > 0) {
    // The share of the references that do not resolve, first; the rest falls to the route below.
    xds::Route* failing = host->add_routes();
    failing->set_name(from.name + "/unresolved");
    SetMatch(from.match, failing->mutable_match());
    SetFraction(forward->failing_per_million, failing->mutable_match()->mutable_runtime_fraction());
    failing->mutable_direct_response()->set_status(500);
    SetEdits({}, from.response_edits, failing);
    if (from.cors) SetCors(*from.cors, failing);
    SetPolicies(from.policies, failing->mutable_typed_per_filter_config());
  }
  xds::Route* route = host->add_routes();
  route->set_name(from.name);
  SetMatch(from.match, route->mutable_match());
  SetEdits(from.request_edits, from.response_edits, route);
  if (from.cors) SetCors(*from.cors, route);
  SetPolicies(from.policies, route->mutable_typed_per_filter_config());
  if (forward != nullptr) {
    SetForward(from.match, *forward, route->mutable_route());
  } else if (const auto* redirect = std::get_if<ir::Redirect>(&from.action)) {
    SetRedirect(from.match, *redirect, port, route->mutable_redirect());
  } else {
    route->mutable_direct_response()->set_status(std::get<ir::Answer>(from.action).status);
  }
}

xds::VirtualHost TranslateHost(const ir::VirtualHost& host, const ir::Port& port) {
  xds::VirtualHost out;
  out.set_name(host.hostname);
  out.add_domains(host.hostname);
  SetPolicies(host.policies, out.mutable_typed_per_filter_config());
  for (const auto& route : host.routes) AddRoute(*route, port, &out);
  return out;
}

// The virtual hosts of a table that was made before, each as its field in the table's bytes.
class HostBytes {
 public:
  explicit HostBytes(const TableBefore& table) : listener_(table.listener) {
    if (listener_ == nullptr) return;
    fields_ = FieldsOf(*table.value, xds::RouteConfiguration::kVirtualHostsFieldNumber);
    if (fields_.size() != listener_->hosts.size()) listener_ = nullptr;
  }

  // Empty if it is not there, or its routes are others.
  std::string_view Find(const ir::VirtualHost& host) const {
    if (listener_ == nullptr) return {};
    const auto& hosts = listener_->hosts;
    const auto known = std::lower_bound(
        hosts.begin(), hosts.end(), host.hostname,
        [](const ir::VirtualHost& a, const std::string& name) { return a.hostname < name; });
    if (known == hosts.end() || !(*known == host)) return {};
    return fields_[static_cast<size_t>(known - hosts.begin())];
  }

 private:
  const ir::Listener* listener_;
  std::vector<std::string_view> fields_;
};

}  // namespace

Resource TranslateRoutes(const ir::Port& port, const ir::Listener& listener,
                         const TableBefore& before) {
  xds::RouteConfiguration head, tail;
  head.set_name(RouteTableName(port, listener));
  // Clients name the port that they dialled, which need not be the one that we listen on.
  tail.set_ignore_port_in_host_matching(true);
  SetPolicies(listener.policies, tail.mutable_typed_per_filter_config());
  const HostBytes known(before);
  std::string value = Serialize(head);
  for (const ir::VirtualHost& host : listener.hosts) {
    const std::string_view kept = known.Find(host);
    if (!kept.empty()) {
      value += kept;
    } else {
      AppendField(xds::RouteConfiguration::kVirtualHostsFieldNumber,
                  Serialize(TranslateHost(host, port)), value);
    }
  }
  value += Serialize(tail);
  return {.type_url = xdsserver::kRouteType, .name = head.name(), .value = std::move(value)};
}

}  // namespace sluice::translate
