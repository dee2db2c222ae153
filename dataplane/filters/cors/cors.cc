// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/cors/cors.h"

#include <new>
#include <string_view>

#include "absl/strings/match.h"
#include "dataplane/filters/cors/config.h"

namespace sluice::filters {
namespace {

using http::HeaderId;
using http::HeaderMap;

class CorsFilter final : public Filter {
 public:
  CorsFilter(FilterHost& host, const CorsPolicy& policy) : host_(host), policy_(policy) {}

  Verdict OnRequest(http::RequestHead& head, bool end_stream) override;
  Verdict OnResponse(http::ResponseHead& head, bool end_stream) override;

 private:
  Verdict AnswerPreflight(const http::RequestHead& head, bool allowed);
  void Permit(HeaderMap& headers) const;
  static void SayThatItVaries(HeaderMap& headers);
  // `list`, or what was asked for where `list` is a "*" that a browser would not take.
  void SetList(HeaderMap& headers, HeaderId id, std::string_view list,
               std::string_view asked) const;
  static void SetUnlessEmpty(HeaderMap& headers, HeaderId id, std::string_view value) {
    if (!value.empty()) headers.Set(id, value);
  }

  FilterHost& host_;
  const CorsPolicy& policy_;
  std::string_view origin_;  // In the request's arena; empty unless it may.
  HeaderMap reply_;
};

Verdict CorsFilter::OnRequest(http::RequestHead& head, bool end_stream) {
  // Two origins are none: no browser sends them.
  if (head.headers.Count(HeaderId::kOrigin) != 1) return Verdict::kContinue;
  const std::string_view origin = head.headers.Get(HeaderId::kOrigin);
  const bool allowed = !origin.empty() && policy_.Allows(origin);
  if (allowed) origin_ = origin;
  if (head.method == "OPTIONS" &&
      !head.headers.Get(HeaderId::kAccessControlRequestMethod).empty()) {
    return AnswerPreflight(head, allowed);
  }
  return Verdict::kContinue;
}

Verdict CorsFilter::AnswerPreflight(const http::RequestHead& head, bool allowed) {
  const CorsSettings& settings = policy_.settings();
  if (!allowed && settings.forward_other_preflights) return Verdict::kContinue;
  if (allowed) {
    Permit(reply_);
    SetList(reply_, HeaderId::kAccessControlAllowMethods, settings.allow_methods,
            head.headers.Get(HeaderId::kAccessControlRequestMethod));
    SetList(reply_, HeaderId::kAccessControlAllowHeaders, settings.allow_headers,
            head.headers.Get(HeaderId::kAccessControlRequestHeaders));
    SetUnlessEmpty(reply_, HeaderId::kAccessControlMaxAge, settings.max_age);
    const HeaderMap::Field* private_network =
        head.headers.Find("access-control-request-private-network");
    if (settings.allow_private_network && private_network != nullptr &&
        private_network->value == "true") {
      reply_.Add("access-control-allow-private-network", "true");
    }
  }
  host_.Reply({.status = 200, .detail = "cors-preflight", .headers = &reply_});
  return Verdict::kReply;
}

void CorsFilter::Permit(HeaderMap& headers) const {
  headers.Set(HeaderId::kAccessControlAllowOrigin, origin_);
  if (policy_.settings().allow_credentials) {
    headers.Set(HeaderId::kAccessControlAllowCredentials, "true");
  }
  SayThatItVaries(headers);
}

void CorsFilter::SayThatItVaries(HeaderMap& headers) {
  bool varies = false;
  for (const HeaderMap::Field& field : headers) {
    varies |= field.id == HeaderId::kVary && absl::EqualsIgnoreCase(field.value, "origin");
  }
  if (!varies) headers.Add(HeaderId::kVary, "origin");
}

void CorsFilter::SetList(HeaderMap& headers, HeaderId id, std::string_view list,
                         std::string_view asked) const {
  const bool echo = list == "*" && policy_.settings().allow_credentials;
  SetUnlessEmpty(headers, id, echo ? asked : list);
}

Verdict CorsFilter::OnResponse(http::ResponseHead& head, bool end_stream) {
  if (origin_.empty()) {
    // Else a cache would give this answer, without permission, to a page that has it.
    SayThatItVaries(head.headers);
    return Verdict::kContinue;
  }
  Permit(head.headers);
  SetUnlessEmpty(head.headers, HeaderId::kAccessControlExposeHeaders,
                 policy_.settings().expose_headers);
  return Verdict::kContinue;
}

}  // namespace

Filter* CreateCors(FilterHost& host, const config::FilterConfig* config, base::Arena& arena) {
  const auto* policy = dynamic_cast<const CorsPolicy*>(host.RouteConfig());
  if (policy == nullptr) return nullptr;
  return new (arena.Allocate(sizeof(CorsFilter), alignof(CorsFilter))) CorsFilter(host, *policy);
}

}  // namespace sluice::filters
