// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/manifest/validate/findings.h"
#include "gateway/v1/backend_tls_policy.pb.h"
#include "gateway/v1/gateway.pb.h"
#include "gateway/v1/http_filters.pb.h"
#include "gateway/v1/http_route.pb.h"
#include "k8s/config_map.pb.h"
#include "k8s/endpoint_slice.pb.h"
#include "k8s/meta.pb.h"
#include "k8s/namespace.pb.h"
#include "k8s/secret.pb.h"
#include "k8s/service.pb.h"
#include "sluice/v1alpha1/auth_policy.pb.h"
#include "sluice/v1alpha1/backend.pb.h"
#include "sluice/v1alpha1/client_policy.pb.h"
#include "sluice/v1alpha1/consumer.pb.h"
#include "sluice/v1alpha1/rate_limit_policy.pb.h"
#include "sluice/v1alpha1/telemetry_policy.pb.h"
#include "sluice/v1alpha1/traffic_policy.pb.h"

namespace sluice::manifest {

// One function per kind that has rules beyond its fields', each in a file of the kind's name.
void CheckKind(const gateway::v1::HTTPRoute& route, Findings& findings);
void CheckKind(const gateway::v1::Gateway& gateway, Findings& findings);
void CheckKind(const gateway::v1::BackendTLSPolicy& policy, Findings& findings);
void CheckKind(const k8s::Service& service, Findings& findings);
void CheckKind(const k8s::EndpointSlice& slice, Findings& findings);
void CheckKind(const k8s::Secret& secret, Findings& findings);
void CheckKind(const k8s::ConfigMap& config_map, Findings& findings);
void CheckKind(const k8s::Namespace& ns, Findings& findings);
void CheckKind(const v1alpha1::Backend& backend, Findings& findings);
void CheckKind(const v1alpha1::TrafficPolicy& policy, Findings& findings);
void CheckKind(const v1alpha1::ClientPolicy& policy, Findings& findings);
void CheckKind(const v1alpha1::TelemetryPolicy& policy, Findings& findings);
void CheckKind(const v1alpha1::Consumer& consumer, Findings& findings);
void CheckKind(const v1alpha1::AuthPolicy& policy, Findings& findings);
void CheckKind(const v1alpha1::RateLimitPolicy& policy, Findings& findings);

// The filters of an HTTPRoute's rule or backendRef at `path`. `matches` are the rule's.
using Filters = google::protobuf::RepeatedPtrField<gateway::v1::HTTPRouteFilter>;
using Matches = google::protobuf::RepeatedPtrField<gateway::v1::HTTPRouteMatch>;
void CheckFilters(const Filters& filters, const Matches& matches, const std::string& path,
                  Findings& findings);

// One way of proving who one is, at `path`.
void CheckIdentifyMethod(const v1alpha1::IdentifyMethod& method, const std::string& path,
                         Findings& findings);

// What a rule or limit says of requests, at `path`.
void CheckConditions(const v1alpha1::RequestConditions& when, const std::string& path,
                     Findings& findings);

// A selector that stands at `path`.
void CheckSelector(const k8s::LabelSelector& selector, const std::string& path, Findings& findings);

}  // namespace sluice::manifest
