// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/topic_index.h"

#include <string>

#include "gateway/v1/backend_tls_policy.pb.h"
#include "gateway/v1/http_route.pb.h"
#include "k8s/endpoint_slice.pb.h"
#include "sluice/v1alpha1/auth_policy.pb.h"
#include "sluice/v1alpha1/client_policy.pb.h"
#include "sluice/v1alpha1/rate_limit_policy.pb.h"
#include "sluice/v1alpha1/telemetry_policy.pb.h"
#include "sluice/v1alpha1/traffic_policy.pb.h"

namespace sluice::resolve {
namespace {

using manifest::ObjectKey;

template <typename Policy>
void AddTargets(const manifest::Object& object, std::vector<ObjectKey>& topics) {
  const auto& policy = static_cast<const Policy&>(*object.body);
  for (const gateway::v1::PolicyTargetReference& target : policy.spec().target_refs()) {
    topics.push_back(PoliciesOf({target.kind(), object.key.ns, target.name()}));
  }
}

void AddParents(const manifest::Object& object, std::vector<ObjectKey>& topics) {
  const auto& route = static_cast<const gateway::v1::HTTPRoute&>(*object.body);
  for (const gateway::v1::ParentReference& parent : route.spec().parent_refs()) {
    if (parent.has_kind() && parent.kind() != "Gateway") continue;
    topics.push_back(
        RoutesOf(parent.has_namespace_() ? parent.namespace_() : object.key.ns, parent.name()));
  }
}

void AddService(const manifest::Object& object, std::vector<ObjectKey>& topics) {
  const auto& slice = static_cast<const k8s::EndpointSlice&>(*object.body);
  const auto& labels = slice.metadata().labels();
  const auto it = labels.find("kubernetes.io/service-name");
  if (it != labels.end()) topics.push_back(SlicesOf(object.key.ns, it->second));
}

}  // namespace

ObjectKey RoutesOf(std::string_view ns, std::string_view gateway) {
  return {"routes of Gateway", std::string(ns), std::string(gateway)};
}

ObjectKey PoliciesOf(const ObjectKey& target) {
  return {"policies of " + target.kind, target.ns, target.name};
}

ObjectKey GrantsIn(std::string_view ns) { return {"grants", std::string(ns), ""}; }

ObjectKey SlicesOf(std::string_view ns, std::string_view service) {
  return {"slices of Service", std::string(ns), std::string(service)};
}

std::vector<ObjectKey> TopicsOf(const manifest::Object& object) {
  std::vector<ObjectKey> topics;
  const std::string& kind = object.key.kind;
  if (kind == "HTTPRoute") AddParents(object, topics);
  if (kind == "EndpointSlice") AddService(object, topics);
  if (kind == "ReferenceGrant") topics.push_back(GrantsIn(object.key.ns));
  if (kind == "TrafficPolicy") AddTargets<v1alpha1::TrafficPolicy>(object, topics);
  if (kind == "ClientPolicy") AddTargets<v1alpha1::ClientPolicy>(object, topics);
  if (kind == "TelemetryPolicy") AddTargets<v1alpha1::TelemetryPolicy>(object, topics);
  if (kind == "AuthPolicy") AddTargets<v1alpha1::AuthPolicy>(object, topics);
  if (kind == "RateLimitPolicy") AddTargets<v1alpha1::RateLimitPolicy>(object, topics);
  if (kind == "BackendTLSPolicy") AddTargets<gateway::v1::BackendTLSPolicy>(object, topics);
  return topics;
}

void TopicIndex::Add(const manifest::Object& object) {
  for (ObjectKey& topic : TopicsOf(object)) members_[std::move(topic)].insert(object.key);
}

void TopicIndex::Remove(const manifest::Object& object) {
  for (const ObjectKey& topic : TopicsOf(object)) {
    const auto it = members_.find(topic);
    if (it == members_.end()) continue;
    it->second.erase(object.key);
    if (it->second.empty()) members_.erase(it);
  }
}

const std::set<ObjectKey>& TopicIndex::Members(const ObjectKey& topic) const {
  static const auto* const kNone = new std::set<ObjectKey>;
  const auto it = members_.find(topic);
  return it == members_.end() ? *kNone : it->second;
}

}  // namespace sluice::resolve
