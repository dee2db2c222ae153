// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/backend.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/manifest/values.h"
#include "gateway/v1/backend_tls_policy.pb.h"
#include "k8s/service.pb.h"
#include "sluice/v1alpha1/backend.pb.h"

namespace sluice::resolve {
namespace {

using gateway::v1::BackendTLSPolicy;

// Either plain, or what to verify, or why nothing may be sent.
std::variant<std::optional<ir::BackendTls>, Refusal> ResolveTls(Facts& facts,
                                                                const manifest::ObjectKey& target,
                                                                const std::string& section) {
  const BackendTLSPolicy* policy = nullptr;
  if (!section.empty()) policy = facts.FindPolicy<BackendTLSPolicy>(target, section);
  if (policy == nullptr) policy = facts.FindPolicy<BackendTLSPolicy>(target, "");
  if (policy == nullptr) return std::optional<ir::BackendTls>();
  const auto& validation = policy->spec().validation();
  ir::BackendTls tls{.hostname = validation.hostname()};
  for (const auto& ref : validation.ca_certificate_refs()) {
    auto authorities = ResolveAuthorities(facts, target.ns, ref);
    if (auto* refusal = std::get_if<Refusal>(&authorities)) {
      // Without its authorities the policy cannot be kept, and without the policy we may not send.
      return Refusal{"InvalidCACertificateRef",
                     absl::StrCat("BackendTLSPolicy ", target.ns, "/", policy->metadata().name(),
                                  ": ", refusal->message)};
    }
    absl::StrAppend(&tls.ca_pem, std::get<std::string>(authorities), "\n");
  }
  for (const auto& name : validation.subject_alt_names()) {
    const bool is_uri = name.type() == "URI";
    tls.names.push_back({is_uri, is_uri ? name.uri() : name.hostname()});
  }
  return std::optional<ir::BackendTls>(std::move(tls));
}

// What `app_protocol` asks for; null for a protocol that we do not speak.
struct Spoken {
  ir::Backend::Protocol protocol = ir::Backend::Protocol::kHttp1;
  bool needs_tls = false;
};
std::optional<Spoken> SpokenFor(std::string_view app_protocol) {
  using Protocol = ir::Backend::Protocol;
  if (app_protocol.empty() || app_protocol == "http" || app_protocol == "kubernetes.io/ws") {
    return Spoken{};
  }
  if (app_protocol == "kubernetes.io/h2c" || app_protocol == "grpc") {
    return Spoken{Protocol::kH2c, false};
  }
  if (app_protocol == "https" || app_protocol == "kubernetes.io/wss") {
    return Spoken{Protocol::kHttp1, true};
  }
  return std::nullopt;
}

std::optional<Refusal> Finish(Facts& facts, const BackendQuery& query, std::string_view protocol,
                              const std::string& section, ResolvedBackend& out) {
  const manifest::ObjectKey target{query.to.kind, query.to.ns, query.to.name};
  const std::optional<Spoken> spoken = SpokenFor(protocol);
  if (!spoken) {
    return Refusal{"UnsupportedProtocol",
                   absl::StrCat(query.to.ToString(), " speaks ", protocol,
                                "; http, https, kubernetes.io/h2c, kubernetes.io/ws and "
                                "kubernetes.io/wss are spoken here")};
  }
  auto tls = ResolveTls(facts, target, section);
  if (auto* refusal = std::get_if<Refusal>(&tls)) return *refusal;
  out.backend.tls = std::move(std::get<0>(tls));
  if (spoken->needs_tls && !out.backend.tls) {
    return Refusal{"UnsupportedProtocol",
                   absl::StrCat(query.to.ToString(), " speaks ", protocol,
                                ", so a BackendTLSPolicy must say whom to trust")};
  }
  out.backend.protocol = spoken->protocol;
  out.traffic = ResolveTraffic(facts, {query.gateway,
                                       {query.from.kind, query.from.ns, query.from.name},
                                       query.rule,
                                       target,
                                       section});
  out.backend.traffic = out.traffic.backend;
  out.backend.source.object = {target.kind, target.ns, target.name};
  out.backend.name = absl::StrCat(out.endpoints.Name(), out.traffic.variant);
  return std::nullopt;
}

std::string PortsOf(const k8s::Service& service) {
  return absl::StrJoin(service.spec().ports(), ", ", [](std::string* out, const auto& port) {
    absl::StrAppend(out, port.port());
  });
}

std::variant<ResolvedBackend, Refusal> ResolveService(Facts& facts, const BackendQuery& query) {
  const auto* service = facts.Find<k8s::Service>(query.to.ns, query.to.name);
  const std::string what = query.to.ToString();
  if (service == nullptr) return Refusal{"BackendNotFound", what + " does not exist"};
  if (service->spec().type() == "ExternalName") {
    return Refusal{"InvalidKind",
                   what +
                       " is of type ExternalName, which can be used to reach what its author "
                       "may not; use a Backend with dns"};
  }
  // TCP and UDP may each have a port of one number, as HTTP/3's do.
  const k8s::ServicePort* other = nullptr;
  for (const k8s::ServicePort& port : service->spec().ports()) {
    if (port.port() != query.port) continue;
    if (!IsTcp(port)) {
      other = &port;
      continue;
    }
    ResolvedBackend out;
    out.endpoints = {"Service", query.to.ns, query.to.name, query.port};
    out.backend.endpoints = out.endpoints.Name();
    if (auto refusal = Finish(facts, query, port.app_protocol(), port.name(), out)) return *refusal;
    return out;
  }
  if (other != nullptr) {
    return Refusal{"UnsupportedProtocol",
                   absl::StrCat(what, " port ", query.port, " is ", other->protocol())};
  }
  return Refusal{"BackendNotFound",
                 absl::StrCat(what, " has no port ", query.port, "; it has ", PortsOf(*service))};
}

ir::DnsName ToIr(const v1alpha1::BackendDNS& from) {
  using Family = ir::DnsName::Family;
  ir::DnsName dns{.hostname = from.hostname(),
                  .port = static_cast<uint16_t>(from.port()),
                  .respect_ttl = from.respect_ttl()};
  if (from.has_refresh_interval()) dns.refresh = manifest::FromProto(from.refresh_interval());
  if (from.family() == "IPv4Only") dns.family = Family::kV4Only;
  if (from.family() == "IPv6Only") dns.family = Family::kV6Only;
  if (from.family() == "All") dns.family = Family::kAll;
  return dns;
}

std::variant<ResolvedBackend, Refusal> ResolveOwnBackend(Facts& facts, const BackendQuery& query) {
  const auto* backend = facts.Find<v1alpha1::Backend>(query.to.ns, query.to.name);
  if (backend == nullptr) {
    return Refusal{"BackendNotFound", query.to.ToString() + " does not exist"};
  }
  ResolvedBackend out;
  out.endpoints = {"Backend", query.to.ns, query.to.name, 0};
  if (backend->spec().has_dns()) {
    out.backend.dns = ToIr(backend->spec().dns());
  } else {
    out.backend.endpoints = out.endpoints.Name();
  }
  if (auto refusal = Finish(facts, query, backend->spec().app_protocol(), "", out)) return *refusal;
  return out;
}

}  // namespace

bool IsTcp(const k8s::ServicePort& port) {
  return port.protocol().empty() || port.protocol() == "TCP";
}

std::string EndpointsId::Name() const {
  std::string out = absl::StrCat(kind, "/", ns, "/", name);
  if (port != 0) absl::StrAppend(&out, "/", port);
  return out;
}

std::variant<ResolvedBackend, Refusal> ResolveBackend(Facts& facts, const BackendQuery& query) {
  const bool is_service = query.to.group.empty() && query.to.kind == "Service";
  const bool is_backend = query.to.group == "sluice.dev" && query.to.kind == "Backend";
  if (!is_service && !is_backend) {
    return Refusal{"InvalidKind", absl::StrCat("requests cannot go to a ", query.to.kind,
                                               " of group \"", query.to.group,
                                               "\"; Service (\"\") and Backend (\"sluice.dev\") "
                                               "are known")};
  }
  if (!facts.MayRefer(query.from, query.to)) {
    return Refusal{
        "RefNotPermitted",
        absl::StrCat("namespace ", query.to.ns, " has no ReferenceGrant from ", query.from.kind,
                     " in ", query.from.ns, " to ", query.to.ToString())};
  }
  return is_service ? ResolveService(facts, query) : ResolveOwnBackend(facts, query);
}

}  // namespace sluice::resolve
