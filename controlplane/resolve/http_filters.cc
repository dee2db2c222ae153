// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/http_filters.h"

#include "absl/strings/str_cat.h"

namespace sluice::resolve {
namespace {

using gateway::v1::HTTPHeaderFilter;
using gateway::v1::HTTPPathModifier;
using gateway::v1::HTTPRouteFilter;

void AddEdits(const HTTPHeaderFilter& from, ir::HeaderEdits& to) {
  for (const auto& header : from.set()) to.set.emplace_back(header.name(), header.value());
  for (const auto& header : from.add()) to.add.emplace_back(header.name(), header.value());
  to.remove.insert(to.remove.end(), from.remove().begin(), from.remove().end());
}

ir::PathRewrite ToIr(const HTTPPathModifier& from) {
  const bool full = from.type() == "ReplaceFullPath";
  return {full, full ? from.replace_full_path() : from.replace_prefix_match()};
}

ir::Redirect ToIr(const gateway::v1::HTTPRequestRedirectFilter& from) {
  ir::Redirect to;
  if (from.has_status_code()) to.status = static_cast<uint16_t>(from.status_code());
  to.scheme = from.scheme();
  to.hostname = from.hostname();
  if (from.has_port()) to.port = static_cast<uint16_t>(from.port());
  if (from.has_path()) to.path = ToIr(from.path());
  return to;
}

ir::Cors ToIr(const gateway::v1::HTTPCORSFilter& from) {
  ir::Cors to;
  to.allow_origins = {from.allow_origins().begin(), from.allow_origins().end()};
  to.allow_methods = {from.allow_methods().begin(), from.allow_methods().end()};
  to.allow_headers = {from.allow_headers().begin(), from.allow_headers().end()};
  to.expose_headers = {from.expose_headers().begin(), from.expose_headers().end()};
  if (from.has_max_age()) to.max_age_seconds = from.max_age();
  to.allow_credentials = from.allow_credentials();
  return to;
}

void Add(const HTTPRouteFilter& filter, const std::string& path, FilterSum& sum) {
  if (filter.type() == "RequestHeaderModifier") {
    AddEdits(filter.request_header_modifier(), sum.request_edits);
  } else if (filter.type() == "ResponseHeaderModifier") {
    AddEdits(filter.response_header_modifier(), sum.response_edits);
  } else if (filter.type() == "RequestRedirect") {
    sum.redirect = ToIr(filter.request_redirect());
  } else if (filter.type() == "URLRewrite") {
    if (filter.url_rewrite().has_path()) sum.path_rewrite = ToIr(filter.url_rewrite().path());
    sum.host_rewrite = filter.url_rewrite().hostname();
  } else if (filter.type() == "CORS") {
    sum.cors = ToIr(filter.cors());
  } else if (filter.type() == "RequestMirror") {
    sum.mirrors.push_back({&filter.request_mirror(), path + ".requestMirror"});
  } else {
    sum.problems.push_back(absl::StrCat(path, ".type: ", filter.type(), " is not served"));
  }
}

}  // namespace

FilterSum SumUp(const Filters& filters, const std::string& field_path) {
  FilterSum sum;
  for (int i = 0; i < filters.size(); ++i) {
    Add(filters[i], absl::StrCat(field_path, "[", i, "]"), sum);
  }
  if (sum.redirect && (sum.path_rewrite || !sum.host_rewrite.empty())) {
    sum.problems.push_back(
        absl::StrCat(field_path, ": URLRewrite and RequestRedirect cannot both act on a request"));
  }
  return sum;
}

}  // namespace sluice::resolve
