// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/frame.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/resolve/certificate.h"
#include "controlplane/resolve/client_settings.h"
#include "controlplane/resolve/policies.h"
#include "gateway/v1/gateway.pb.h"
#include "gateway/v1/gateway_class.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace sluice::resolve {
namespace {

using gateway::v1::Gateway;
using gateway::v1::Listener;

constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";

// One listener while its conditions are being found.
struct Draft {
  const Listener& listener;
  ListenerShape shape;
  ListenerBody body;
  std::optional<Condition> not_accepted;
  std::optional<Condition> unresolved;
  std::optional<Condition> conflicted;
  std::vector<std::string> supported_kinds;
  // A certificate is such that proxies go on with the one before it.
  bool keeps_certificate = false;
};

void CheckProtocol(const Gateway& gateway, Draft& draft) {
  const std::string& protocol = draft.listener.protocol();
  if (protocol == "HTTP") {
    if (draft.listener.has_tls()) {
      draft.not_accepted = False("Accepted", "UnsupportedValue",
                                 "protocol HTTP takes no tls; did you mean protocol HTTPS?");
    }
    return;
  }
  if (protocol != "HTTPS") {
    draft.not_accepted =
        False("Accepted", "UnsupportedProtocol",
              absl::StrCat("protocol ", protocol, " is not served; HTTP and HTTPS are"));
    return;
  }
  draft.shape.tls = true;
  if (gateway.spec().tls().has_frontend()) {
    // Serving it without would let in whom the Gateway's author wants to keep out.
    draft.not_accepted =
        False("Accepted", "UnsupportedValue",
              "spec.tls.frontend asks for client certificates, which are not verified yet");
  }
}

void CheckKinds(Draft& draft) {
  const gateway::v1::AllowedRoutes& allowed = draft.listener.allowed_routes();
  const bool is_http = draft.shape.tls || draft.listener.protocol() == "HTTP";
  std::vector<std::string> refused;
  draft.shape.takes_http = is_http && allowed.kinds().empty();
  for (const auto& kind : allowed.kinds()) {
    const bool ok = is_http && kind.kind() == "HTTPRoute" &&
                    (!kind.has_group() || kind.group() == kGatewayGroup);
    if (ok) {
      draft.shape.takes_http = true;
    } else {
      refused.push_back(kind.kind());
    }
  }
  if (draft.shape.takes_http) draft.supported_kinds = {"HTTPRoute"};
  if (!refused.empty()) {
    draft.unresolved = False("ResolvedRefs", "InvalidRouteKinds",
                             absl::StrCat("allowedRoutes.kinds: ", absl::StrJoin(refused, ", "),
                                          " cannot attach here; HTTPRoute can"));
  }
  draft.shape.from = allowed.namespaces().has_from() ? allowed.namespaces().from() : "Same";
  if (draft.shape.from == "Selector") {
    // Its maps have no order on the wire; the comparison of shapes wants one.
    google::protobuf::io::StringOutputStream stream(&draft.shape.selector);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    allowed.namespaces().selector().SerializeToCodedStream(&coded);
  }
}

void CheckCertificates(Facts& facts, const manifest::ObjectKey& gateway, const KeyPairCheck& check,
                       Draft& draft, Frame& frame) {
  if (!draft.shape.tls) return;
  const Reference from{std::string(kGatewayGroup), "Gateway", gateway.ns, gateway.name};
  if (draft.listener.tls().certificate_refs().empty()) {
    draft.unresolved =
        False("ResolvedRefs", "InvalidCertificateRef", "protocol HTTPS needs tls.certificateRefs");
  }
  for (const auto& ref : draft.listener.tls().certificate_refs()) {
    const auto [certificate, refusal] = ResolveCertificate(facts, from, ref, check);
    if (refusal && !draft.unresolved) {
      draft.unresolved = False("ResolvedRefs", refusal->reason, refusal->message);
    }
    if (certificate == nullptr) continue;
    draft.keeps_certificate = draft.keeps_certificate || refusal.has_value();
    draft.body.certificates.push_back(certificate->name);
    frame.certificates[certificate->name] = certificate;
  }
}

// Listeners of one port must speak one protocol and differ in host name. None of two that do not is
// served: to pick one would be to guess.
void CheckConflicts(std::vector<Draft>& drafts) {
  for (Draft& draft : drafts) {
    for (const Draft& other : drafts) {
      if (&draft == &other || draft.shape.port != other.shape.port) continue;
      const bool known = !draft.not_accepted && !other.not_accepted;
      if (known && draft.shape.tls != other.shape.tls) {
        draft.conflicted = True(
            "Conflicted", "ProtocolConflict",
            absl::StrCat("port ", draft.shape.port, " is ", draft.listener.protocol(), " here and ",
                         other.listener.protocol(), " in listener ", other.shape.name));
        break;
      }
      if (known && draft.shape.hostname == other.shape.hostname) {
        draft.conflicted =
            True("Conflicted", "HostnameConflict",
                 absl::StrCat("listener ", other.shape.name, " has the same port and hostname"));
      }
    }
  }
}

ListenerVerdict Conclude(Draft& draft) {
  ListenerVerdict verdict{.name = draft.shape.name, .supported_kinds = draft.supported_kinds};
  const bool usable = !draft.shape.tls || !draft.body.certificates.empty();
  draft.shape.serves = !draft.not_accepted && !draft.conflicted && usable &&
                       (draft.shape.takes_http || !draft.unresolved);
  std::vector<Condition>& out = verdict.conditions;
  if (draft.not_accepted) {
    out.push_back(*draft.not_accepted);
  } else if (draft.conflicted) {
    out.push_back(False("Accepted", draft.conflicted->reason, draft.conflicted->message));
  } else {
    out.push_back(True("Accepted", "Accepted"));
  }
  if (!draft.shape.serves) {
    out.push_back(
        False("Programmed", "Invalid", "the listener is not served: see the other conditions"));
  } else if (draft.keeps_certificate) {
    out.push_back(False("Programmed", "Invalid",
                        "a certificate is refused by proxies, which keep the last good one: see "
                        "the other conditions"));
  } else {
    out.push_back(True("Programmed", "Programmed"));
  }
  out.push_back(draft.unresolved ? *draft.unresolved : True("ResolvedRefs", "ResolvedRefs"));
  out.push_back(draft.conflicted
                    ? *draft.conflicted
                    : Condition{"Conflicted", Condition::Status::kFalse, "NoConflicts", ""});
  return verdict;
}

void ResolveAddresses(const Gateway& gateway, Frame& frame, std::vector<std::string>& refused) {
  for (const auto& address : gateway.spec().addresses()) {
    const bool is_ip = !address.has_type() || address.type() == "IPAddress";
    if (is_ip && !address.value().empty()) {
      frame.addresses.push_back(address.value());
    } else if (!is_ip) {
      refused.push_back(absl::StrCat(address.type(), " ", address.value()));
    }
  }
  std::sort(frame.addresses.begin(), frame.addresses.end());
  frame.addresses.erase(std::unique(frame.addresses.begin(), frame.addresses.end()),
                        frame.addresses.end());
}

// No listener is served: the Gateway as a whole cannot be.
void StopListeners(Frame& frame) {
  for (ListenerShape& shape : frame.shapes) shape.serves = false;
  for (ListenerVerdict& verdict : frame.verdict.listeners) {
    for (Condition& condition : verdict.conditions) {
      if (condition.type != "Programmed" || condition.status != Condition::Status::kTrue) continue;
      condition = False("Programmed", "Invalid",
                        "the listener is not served: see the conditions of the Gateway");
    }
  }
}

void ConcludeGateway(const std::vector<std::string>& refused_addresses, Frame& frame) {
  std::vector<std::string> bad;
  bool any_serves = false;
  for (size_t i = 0; i < frame.shapes.size(); ++i) {
    any_serves = any_serves || frame.shapes[i].serves;
    const auto& conditions = frame.verdict.listeners[i].conditions;
    if (!std::all_of(conditions.begin(), conditions.end(), IsGood)) {
      bad.push_back(frame.shapes[i].name);
    }
  }
  std::vector<Condition>& out = frame.verdict.conditions;
  if (!refused_addresses.empty()) {
    frame.addresses.clear();
    StopListeners(frame);
    const std::string message =
        absl::StrCat("spec.addresses: ", absl::StrJoin(refused_addresses, ", "),
                     " cannot be bound; use type IPAddress");
    out.push_back(False("Accepted", "UnsupportedAddress", message));
    out.push_back(False("Programmed", "AddressNotUsable", message));
    return;
  }
  if (bad.empty()) {
    out.push_back(True("Accepted", "Accepted"));
  } else {
    Condition condition{"Accepted",
                        any_serves ? Condition::Status::kTrue : Condition::Status::kFalse,
                        "ListenersNotValid",
                        absl::StrCat("see the conditions of listener ", absl::StrJoin(bad, ", "))};
    out.push_back(std::move(condition));
  }
  out.push_back(any_serves ? True("Programmed", "Programmed")
                           : False("Programmed", "Invalid", "no listener is served"));
}

void FindPolicies(PolicyFinder& finder, const manifest::ObjectKey& gateway, bool is_alone,
                  Draft& draft) {
  const PolicyPlace whole{gateway, ""};
  const PolicyPlace own{gateway, draft.shape.name};
  if (is_alone) {
    draft.body.policies = finder.At({own, whole});
  } else {
    draft.body.policies = finder.At({whole});
    draft.body.own_policies = finder.At({own});
  }
}

// True if the Gateway is ours; else what there is to say about that is in the verdict.
bool CheckClass(Facts& facts, const Gateway& gateway, Frame& frame) {
  const std::string& name = gateway.spec().gateway_class_name();
  const auto* gateway_class = facts.Find<gateway::v1::GatewayClass>("", name);
  if (gateway_class == nullptr) {
    const std::string message = absl::StrCat("GatewayClass ", name, " does not exist");
    frame.verdict.conditions = {{"Accepted", Condition::Status::kUnknown, "Pending", message},
                                {"Programmed", Condition::Status::kUnknown, "Pending", message}};
    return false;
  }
  return gateway_class->spec().controller_name() == kControllerName;
}

}  // namespace

Frame ResolveFrame(Facts facts, const manifest::ObjectKey& key, const KeyPairCheck& check) {
  Frame frame;
  const auto* gateway = facts.Find<Gateway>(key.ns, key.name);
  frame.exists = gateway != nullptr;
  frame.ours = gateway != nullptr && CheckClass(facts, *gateway, frame);
  if (!frame.ours) {
    frame.asked = facts.TakeAsked();
    return frame;
  }
  std::vector<std::string> refused_addresses;
  ResolveAddresses(*gateway, frame, refused_addresses);

  std::vector<Draft> drafts;
  std::map<int32_t, int> on_port;
  for (const Listener& listener : gateway->spec().listeners()) {
    Draft draft{.listener = listener};
    draft.shape.name = listener.name();
    draft.shape.hostname = absl::AsciiStrToLower(listener.hostname());
    draft.shape.port = static_cast<uint16_t>(listener.port());
    CheckProtocol(*gateway, draft);
    CheckKinds(draft);
    CheckCertificates(facts, key, check, draft, frame);
    ++on_port[listener.port()];
    drafts.push_back(std::move(draft));
  }
  CheckConflicts(drafts);
  PolicyFinder policies(facts);
  for (Draft& draft : drafts) {
    // Without TLS the listeners of a port are one until a request has been read, so none of them
    // has settings of its own there.
    const bool alone = draft.shape.tls || on_port[draft.listener.port()] == 1;
    const std::string_view section = alone ? std::string_view(draft.shape.name) : "";
    draft.body.client = ResolveClientSettings(facts, key, section);
    draft.body.access_logs = ResolveAccessLogs(facts, key, section);
    FindPolicies(policies, key, alone, draft);
    frame.verdict.listeners.push_back(Conclude(draft));
    frame.shapes.push_back(std::move(draft.shape));
    frame.bodies.push_back(std::move(draft.body));
  }
  ConcludeGateway(refused_addresses, frame);
  if (gateway->spec().tls().has_backend()) {
    frame.verdict.conditions.push_back(
        True("sluice.dev/FieldsIgnored", "UnsupportedField",
             "spec.tls.backend: no client certificate is shown to backends yet"));
  }
  frame.asked = facts.TakeAsked();
  return frame;
}

}  // namespace sluice::resolve
