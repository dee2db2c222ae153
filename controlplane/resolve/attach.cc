// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/attach.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/resolve/hostname.h"
#include "k8s/meta.pb.h"
#include "k8s/namespace.pb.h"

namespace sluice::resolve {
namespace {

using Labels = google::protobuf::Map<std::string, std::string>;

bool Meets(const k8s::LabelSelectorRequirement& requirement, const Labels& labels) {
  const auto it = labels.find(requirement.key());
  const bool there = it != labels.end();
  const auto& values = requirement.values();
  const bool listed = there && std::find(values.begin(), values.end(), it->second) != values.end();
  if (requirement.operator_() == "In") return listed;
  if (requirement.operator_() == "NotIn") return !listed;
  if (requirement.operator_() == "Exists") return there;
  return requirement.operator_() == "DoesNotExist" && !there;
}

// Kubernetes gives every namespace this label, so a folder of files need not.
Labels LabelsOf(Facts& facts, const std::string& ns) {
  Labels labels;
  if (const auto* object = facts.Find<k8s::Namespace>("", ns)) {
    labels = object->metadata().labels();
  }
  labels["kubernetes.io/metadata.name"] = ns;
  return labels;
}

bool Selects(const std::string& selector_bytes, const Labels& labels) {
  k8s::LabelSelector selector;
  if (!selector.ParseFromString(selector_bytes)) return false;
  for (const auto& [key, value] : selector.match_labels()) {
    const auto it = labels.find(key);
    if (it == labels.end() || it->second != value) return false;
  }
  for (const auto& requirement : selector.match_expressions()) {
    if (!Meets(requirement, labels)) return false;
  }
  return true;
}

bool AdmitsNamespace(Facts& facts, const ListenerShape& listener, const std::string& gateway_ns,
                     const std::string& route_ns) {
  if (listener.from == "All") return true;
  if (listener.from == "Same") return gateway_ns == route_ns;
  return listener.from == "Selector" && Selects(listener.selector, LabelsOf(facts, route_ns));
}

// True if another listener of the same port takes `hostname` away from `listener`, because it names
// it more closely: then its routes answer, and those of the wider listener do not. With TLS too:
// who shakes hands for one name must not reach there what another listener protects.
bool IsTakenByCloser(const Frame& frame, const ListenerShape& listener,
                     const std::string& hostname) {
  for (const ListenerShape& other : frame.shapes) {
    if (&other == &listener || other.port != listener.port || !other.serves) continue;
    const bool closer = other.hostname != listener.hostname &&
                        Covers(listener.hostname, other.hostname) &&
                        Covers(other.hostname, hostname);
    if (closer) return true;
  }
  return false;
}

std::vector<std::string> SharedHostnames(const Frame& frame, const ListenerShape& listener,
                                         const gateway::v1::HTTPRoute& route, bool& any) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view hostname) {
    const auto shared = Intersect(listener.hostname, absl::AsciiStrToLower(hostname));
    if (!shared) return;
    any = true;
    if (!IsTakenByCloser(frame, listener, *shared)) out.push_back(*shared);
  };
  for (const std::string& hostname : route.spec().hostnames()) add(hostname);
  if (route.spec().hostnames().empty()) add("");
  return out;
}

std::string NamesOf(const Frame& frame) {
  return absl::StrJoin(frame.shapes, ", ", [](std::string* out, const ListenerShape& shape) {
    absl::StrAppend(out, shape.name, " (port ", shape.port, ")");
  });
}

}  // namespace

Condition Attach(Facts& facts, const Frame& frame, const manifest::ObjectKey& gateway,
                 const manifest::ObjectKey& route_key, const gateway::v1::HTTPRoute& route,
                 const gateway::v1::ParentReference& parent,
                 std::map<std::string, std::set<std::string>>& hostnames_of) {
  const std::string what = absl::StrCat("Gateway ", gateway.ns, "/", gateway.name);
  if (!frame.exists) return False("Accepted", "NoMatchingParent", what + " does not exist");
  if (!frame.ours) {
    return False("Accepted", "NoMatchingParent",
                 what +
                     " is not served here: its GatewayClass is missing or names another "
                     "controller");
  }
  bool named = false;
  bool allowed = false;
  bool shared = false;
  for (const ListenerShape& listener : frame.shapes) {
    if (parent.has_section_name() && parent.section_name() != listener.name) continue;
    if (parent.has_port() && parent.port() != listener.port) continue;
    named = true;
    if (!listener.takes_http) continue;
    if (!AdmitsNamespace(facts, listener, gateway.ns, route_key.ns)) continue;
    allowed = true;
    bool any = false;
    for (std::string& hostname : SharedHostnames(frame, listener, route, any)) {
      hostnames_of[listener.name].insert(std::move(hostname));
    }
    if (any) hostnames_of[listener.name];
    shared = shared || any;
  }
  if (shared) return True("Accepted", "Accepted");
  if (allowed) {
    return False("Accepted", "NoMatchingListenerHostname",
                 absl::StrCat("no listener of ", what, " has a hostname that matches one of ",
                              absl::StrJoin(route.spec().hostnames(), ", ")));
  }
  if (named) {
    return False(
        "Accepted", "NotAllowedByListeners",
        absl::StrCat("no listener named here of ", what, " allows HTTPRoutes of namespace ",
                     route_key.ns, " (allowedRoutes)"));
  }
  std::string asked = parent.has_section_name() ? "name " + parent.section_name() : "";
  if (parent.has_port())
    absl::StrAppend(&asked, asked.empty() ? "" : " and ", "port ", parent.port());
  return False("Accepted", "NoMatchingParent",
               absl::StrCat(what, " has no listener of ", asked, "; it has ", NamesOf(frame)));
}

}  // namespace sluice::resolve
