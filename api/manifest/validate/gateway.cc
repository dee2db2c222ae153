// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "base/nearest.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

using gateway::v1::Listener;

constexpr std::string_view kProtocols[] = {"HTTP", "HTTPS", "TLS", "TCP", "UDP"};

std::string CheckProtocol(std::string_view protocol) {
  for (const std::string_view known : kProtocols) {
    if (protocol == known) return {};
  }
  if (absl::StrContains(protocol, '/')) return CheckFormat(api::FORMAT_DOMAIN_PATH, protocol);
  const std::string_view nearest = base::NearestName(protocol, kProtocols);
  const std::string reason =
      absl::StrCat("\"", protocol, "\" is not one of HTTP, HTTPS, TLS, TCP, UDP");
  return nearest.empty() ? absl::StrCat(reason, ".")
                         : absl::StrCat(reason, "; did you mean \"", nearest, "\"?");
}

void CheckTls(const Listener& listener, const std::string& path, Findings& findings) {
  if (!listener.has_tls()) return;
  const std::string_view protocol = listener.protocol();
  if (protocol == "HTTP" || protocol == "TCP" || protocol == "UDP") {
    return findings.Add(path, absl::StrCat("must be absent with protocol ", protocol, "."));
  }
  const gateway::v1::ListenerTLSConfig& tls = listener.tls();
  const bool terminates = !tls.has_mode() || tls.mode() == "Terminate";
  if (protocol == "HTTPS" && !terminates) {
    findings.Add(absl::StrCat(path, ".mode"), "must be Terminate with protocol HTTPS.");
  }
  if (terminates && tls.certificate_refs().empty() && tls.options().empty()) {
    findings.Add(path, "must name certificateRefs (or options) where TLS is terminated.");
  }
}

void CheckAllowedRoutes(const gateway::v1::AllowedRoutes& allowed, const std::string& path,
                        Findings& findings) {
  const gateway::v1::RouteNamespaces& namespaces = allowed.namespaces();
  const std::string at = absl::StrCat(path, ".namespaces.selector");
  if (namespaces.from() == "Selector" && !namespaces.has_selector()) {
    findings.Add(at, "is required with from: Selector.");
  } else if (namespaces.from() != "Selector" && namespaces.has_selector()) {
    findings.Add(at, "must be absent unless from is Selector.");
  }
  CheckSelector(namespaces.selector(), at, findings);
}

void CheckListener(const Listener& listener, const std::string& path, Findings& findings) {
  if (!listener.protocol().empty()) {
    findings.Add(absl::StrCat(path, ".protocol"), CheckProtocol(listener.protocol()));
  }
  const bool has_no_names = listener.protocol() == "TCP" || listener.protocol() == "UDP";
  if (has_no_names && listener.has_hostname()) {
    findings.Add(absl::StrCat(path, ".hostname"),
                 absl::StrCat("must be absent with protocol ", listener.protocol(), "."));
  }
  CheckTls(listener, absl::StrCat(path, ".tls"), findings);
  CheckAllowedRoutes(listener.allowed_routes(), absl::StrCat(path, ".allowedRoutes"), findings);
}

void CheckAddresses(const gateway::v1::GatewaySpec& spec, Findings& findings) {
  std::set<std::string> seen;
  for (int i = 0; i < spec.addresses_size(); ++i) {
    const gateway::v1::GatewaySpecAddress& address = spec.addresses(i);
    const std::string path = absl::StrCat("spec.addresses[", i, "].value");
    const std::string type = address.has_type() ? address.type() : "IPAddress";
    if (type == "IPAddress") {
      findings.Add(path, CheckFormat(api::FORMAT_IP, address.value()));
    } else if (type == "Hostname") {
      findings.Add(path, CheckFormat(api::FORMAT_HOSTNAME, address.value()));
    } else {
      findings.Add(absl::StrCat("spec.addresses[", i, "].type"),
                   absl::StrContains(type, '/')
                       ? CheckFormat(api::FORMAT_DOMAIN_PATH, type)
                       : absl::StrCat("\"", type, "\" is not one of IPAddress, Hostname."));
    }
    if (!address.value().empty() && !seen.insert(absl::StrCat(type, " ", address.value())).second) {
      findings.Add(path, absl::StrCat("\"", address.value(), "\" is given twice."));
    }
  }
}

}  // namespace

// Listeners that conflict (one port, several protocols; one host twice) are not refused here:
// Gateway API keeps them and says so in the listener's conditions.
void CheckKind(const gateway::v1::Gateway& gateway, Findings& findings) {
  for (int i = 0; i < gateway.spec().listeners_size(); ++i) {
    CheckListener(gateway.spec().listeners(i), absl::StrCat("spec.listeners[", i, "]"), findings);
  }
  CheckAddresses(gateway.spec(), findings);
}

}  // namespace sluice::manifest
