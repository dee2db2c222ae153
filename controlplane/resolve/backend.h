// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

#include "controlplane/ir/backend.h"
#include "controlplane/resolve/certificate.h"
#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/traffic.h"

namespace sluice::k8s {
class ServicePort;
}

namespace sluice::resolve {

// Whose endpoints: a Service's port, or a Backend.
struct EndpointsId {
  std::string kind;
  std::string ns;
  std::string name;
  int32_t port = 0;  // Of a Service; TCP.

  auto operator<=>(const EndpointsId&) const = default;

  // "Service/shop/cart/8080", "Backend/shop/blue": injective, since no name holds a slash.
  std::string Name() const;
};

// A backendRef and what led to it.
struct BackendQuery {
  Reference from;  // The route.
  Reference to;
  int32_t port = 0;  // 0: none.
  manifest::ObjectKey gateway;
  std::string rule;
};

struct ResolvedBackend {
  ir::Backend backend;
  EndpointsId endpoints;  // Unless backend.dns is set.
  Traffic traffic;
};

// Follows a reference to a Service or Backend. What it points at now is in no part of the answer:
// that is ResolveEndpoints.
std::variant<ResolvedBackend, Refusal> ResolveBackend(Facts& facts, const BackendQuery& query);

// Whether a port of a Service is one that requests can go to: TCP, which is the default.
bool IsTcp(const k8s::ServicePort& port);

// The servers there are now; none is an answer.
ir::Endpoints ResolveEndpoints(Facts& facts, const EndpointsId& id);

}  // namespace sluice::resolve
