// SPDX-License-Identifier: Apache-2.0
// Where an exchange goes: its route, its cluster, and what becomes of the request on the way.
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "dataplane/exchange/exchange.h"
#include "dataplane/exchange/redirect.h"
#include "dataplane/http/grpc_timeout.h"
#include "dataplane/http/syntax.h"

namespace sluice::exchange {

using http::HeaderId;
using http::ResponseFlag;

void Exchange::ChooseRoute() {
  route_cleared_ = false;
  const config::HttpConnection& config = runtime_.config();
  choice_ = {};
  if (config.router != nullptr) {
    choice_ = config.router->Find({.method = request_->method,
                                   .scheme = request_->scheme,
                                   .authority = request_->authority,
                                   .path = request_->path,
                                   .headers = &request_->headers,
                                   .random = random_});
  }
  if (choice_.virtual_host != nullptr) info_.virtual_host = choice_.virtual_host->name;
  if (choice_.route != nullptr) info_.route = choice_.route->name;
  // Before the filters, since a cluster may have its own configuration of them.
  const auto* forward =
      choice_.route == nullptr ? nullptr : std::get_if<config::Forward>(&choice_.route->action);
  weighted_ = forward == nullptr ? nullptr : DrawCluster(*forward);
  plan_ = &runtime_.PlanFor(choice_, weighted_);
  max_body_bytes_ = choice_.route != nullptr && choice_.route->max_request_body_bytes.has_value()
                        ? *choice_.route->max_request_body_bytes
                        : config.max_request_body_bytes;
  ArmIdle();
}

void Exchange::OnFilteredRequest(bool end_stream) {
  if (route_cleared_) {
    ChooseRoute();
    if (request_->framing.kind == http::Framing::Kind::kLength &&
        BodyTooLarge(request_->framing.length)) {
      return RefuseBody();
    }
  }
  if (request_->method == "CONNECT") {
    // What it may be asked for instead (RFC 9110 §15.5.6): nothing, a host and port being no page.
    http::HeaderMap headers;
    headers.Add("allow", "");
    return Reply({.status = 405,
                  .detail = "connect-not-allowed",
                  .message = "This listener does not open tunnels by CONNECT.",
                  .headers = &headers});
  }
  if (choice_.route == nullptr) {
    filters::LocalReply reply{.status = 404,
                              .detail = "route-not-found",
                              .message = choice_.virtual_host == nullptr
                                             ? "No route is configured for this host."
                                             : "No route of this host matches the request."};
    reply.flags.Add(ResponseFlag::kNoRouteFound);
    return Reply(reply);
  }
  using RequireTls = config::VirtualHost::RequireTls;
  if (choice_.virtual_host->require_tls != RequireTls::kNone && !info_.downstream->tls) {
    config::Redirect to_https;
    to_https.scheme = "https";
    // The path is the client's: what the route makes of it is between us and the upstream.
    return Redirect(to_https, request_->path);
  }
  const auto& action = choice_.route->action;
  if (const auto* forward = std::get_if<config::Forward>(&action)) {
    Forward(*forward, end_stream);
  } else if (const auto* redirect = std::get_if<config::Redirect>(&action)) {
    std::string path(request_->path);
    runtime_.config().router->RewritePath(*choice_.route, choice_, request_->path, path);
    Redirect(*redirect, path);
  } else {
    const auto& direct = std::get<config::DirectResponse>(action);
    info_.detail = "direct-response";
    Reply({.status = direct.status,
           .detail = "direct-response",
           .body = direct.body,
           .content_type = direct.body.empty() ? std::string_view() : direct.content_type});
  }
}

// Null where a header of the request names the cluster.
const config::WeightedCluster* Exchange::DrawCluster(const config::Forward& forward) {
  if (forward.clusters.size() == 1) return &forward.clusters.front();
  uint64_t total = 0;
  for (const config::WeightedCluster& cluster : forward.clusters) total += cluster.weight;
  if (total == 0) return nullptr;
  uint64_t at = runtime_.services().random.Below(total);
  for (const config::WeightedCluster& cluster : forward.clusters) {
    if (at < cluster.weight) return &cluster;
    at -= cluster.weight;
  }
  return nullptr;
}

// By header it is known only now: filters may set it.
std::string_view Exchange::ClusterFor(const config::Forward& forward) {
  if (forward.cluster_header.empty()) {
    return weighted_ == nullptr ? std::string_view() : weighted_->cluster;
  }
  const http::HeaderMap::Field* field = request_->headers.Find(forward.cluster_header);
  return field == nullptr ? std::string_view() : field->value;
}

void Exchange::Forward(const config::Forward& forward, bool end_stream) {
  const std::string_view name = ClusterFor(forward);
  info_.cluster = name;
  upstream::Cluster* cluster = runtime_.services().clusters.Find(name);
  if (cluster == nullptr) {
    filters::LocalReply reply{.status = forward.cluster_not_found_status,
                              .detail = "cluster-not-found",
                              .message = "The route's backend does not exist."};
    reply.flags.Add(ResponseFlag::kNoClusterFound);
    return Reply(reply);
  }
  if (!request_->upgrade.empty() && !AllowsUpgrade(forward)) {
    // Not allowed is not refused: it goes on as a plain request (RFC 9110 §7.8), which has no body.
    // On HTTP/2 its stream stays open (RFC 8441 §4), and the client may send before it is answered.
    request_->upgrade = {};
    request_->framing = {};
    end_stream = true;
    RequestEnded();
  }
  RewriteRequest(forward);
  SetTimes(forward);
  Mirror(forward, end_stream);
  const config::RetryPolicy& retry =
      forward.retry.on != 0 ? forward.retry : choice_.virtual_host->retry;
  call_.Start(*cluster, retry, *request_, end_stream, info_);
}

void Exchange::SetTimes(const config::Forward& forward) {
  route_timeout_ms_ = request_->upgrade.empty() ? forward.timeout_ms : 0;
  if (forward.grpc_timeout_header_max_ms.has_value()) {
    const int64_t asked = http::ParseGrpcTimeoutMs(request_->headers.Get(HeaderId::kGrpcTimeout));
    const int64_t limit = *forward.grpc_timeout_header_max_ms;
    // No time at all means for ever, which the limit does not allow.
    if (asked >= 0) route_timeout_ms_ = limit > 0 && (asked == 0 || asked > limit) ? limit : asked;
  }
  if (forward.max_stream_duration_ms.has_value()) {
    duration_timer_.Disarm();
    if (*forward.max_stream_duration_ms > 0) duration_timer_.Arm(*forward.max_stream_duration_ms);
  }
  if (request_ended_ && route_timeout_ms_ > 0) route_timer_.Arm(route_timeout_ms_);
}

void Exchange::Mirror(const config::Forward& forward, bool end_stream) {
  // The bytes of a tunnel are no request's.
  if (!request_->upgrade.empty()) return;
  for (const config::MirrorPolicy& mirror : forward.mirrors) {
    // A draw of its own: the one that chose the route is not independent of having come here.
    if (runtime_.services().random.Below(1'000'000) >= mirror.fraction_per_million) continue;
    std::shared_ptr<Shadow> shadow =
        Shadow::Send(runtime_.services(), mirror, *request_, end_stream);
    if (shadow != nullptr && !end_stream) shadows_.push_back(std::move(shadow));
  }
}

bool Exchange::AllowsUpgrade(const config::Forward& forward) const {
  for (const auto* rules : {&forward.upgrades, &runtime_.config().upgrades}) {
    for (const config::UpgradeRule& rule : *rules) {
      if (rule.protocol == request_->upgrade) return rule.enabled;
    }
  }
  return false;
}

void Exchange::RewriteRequest(const config::Forward& forward) {
  http::RequestHead& head = *request_;
  std::string path;
  if (runtime_.config().router->RewritePath(*choice_.route, choice_, head.path, path)) {
    head.path = arena_.Copy(path);
  }
  RewriteHost(forward);
  if (runtime_.config().via.size() > 0) head.headers.Add(HeaderId::kVia, runtime_.config().via);
  if (!runtime_.config().proxy_100_continue) {
    // We answer it: an upstream that is asked as well might answer 417, or a second 100.
    owes_continue_ = std::exchange(head.expects_continue, false) && !request_ended_;
  }
  plan_->EditRequest(weighted_, LogEntry(), head.headers, arena_);
}

void Exchange::RewriteHost(const config::Forward& forward) {
  http::RequestHead& head = *request_;
  std::string_view new_host = weighted_ != nullptr && !weighted_->host_rewrite.empty()
                                  ? weighted_->host_rewrite
                                  : forward.host_rewrite;
  if (new_host.empty() && !forward.host_rewrite_header.empty()) {
    const http::HeaderMap::Field* field = head.headers.Find(forward.host_rewrite_header);
    // A field's value may hold what an authority may not (H1-22).
    if (field != nullptr && http::IsAuthority(field->value)) new_host = field->value;
  }
  if (forward.append_x_forwarded_host && (!new_host.empty() || forward.auto_host_rewrite)) {
    head.headers.Set(HeaderId::kXForwardedHost, head.authority);
  }
  if (!new_host.empty()) head.authority = new_host;
}

void Exchange::Redirect(const config::Redirect& redirect, std::string_view path) {
  http::HeaderMap headers;
  headers.Add(HeaderId::kLocation,
              arena_.Copy(RedirectLocation(redirect, request_->scheme, request_->authority, path)));
  Reply({.status = redirect.status, .detail = "redirect", .headers = &headers});
}

}  // namespace sluice::exchange
