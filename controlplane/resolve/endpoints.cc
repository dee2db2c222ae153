// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "controlplane/resolve/backend.h"
#include "k8s/endpoint_slice.pb.h"
#include "k8s/service.pb.h"
#include "sluice/v1alpha1/backend.pb.h"

namespace sluice::resolve {
namespace {

// The number behind the Service port's name in this slice; 0: the slice does not have it.
uint16_t NumberOf(const k8s::EndpointSlice& slice, const std::string& port_name) {
  for (const k8s::EndpointPort& port : slice.ports()) {
    if (port.name() == port_name && port.has_port()) return static_cast<uint16_t>(port.port());
  }
  return 0;
}

void AddSlice(const k8s::EndpointSlice& slice, const std::string& port_name,
              std::vector<ir::Endpoint>& ready, std::vector<ir::Endpoint>& ending) {
  if (slice.address_type() == "FQDN") return;
  const uint16_t number = NumberOf(slice, port_name);
  if (number == 0) return;
  for (const k8s::Endpoint& endpoint : slice.endpoints()) {
    const k8s::EndpointConditions& conditions = endpoint.conditions();
    const bool is_ready = !conditions.has_ready() || conditions.ready();
    // One that is going away still answers; it is better than none.
    const bool is_ending = !is_ready && conditions.terminating() && conditions.serving();
    if (!is_ready && !is_ending) continue;
    // An endpoint's addresses are one server's: the first is enough, as in kube-proxy.
    ir::Endpoint out{.address = endpoint.addresses(0), .port = number, .zone = endpoint.zone()};
    (is_ready ? ready : ending).push_back(std::move(out));
  }
}

std::vector<ir::Endpoint> OfService(Facts& facts, const EndpointsId& id) {
  const auto* service = facts.Find<k8s::Service>(id.ns, id.name);
  if (service == nullptr) return {};
  std::string port_name;
  for (const k8s::ServicePort& port : service->spec().ports()) {
    if (port.port() == id.port && IsTcp(port)) port_name = port.name();
  }
  std::vector<ir::Endpoint> ready;
  std::vector<ir::Endpoint> ending;
  for (const manifest::ObjectKey& key : facts.Members(SlicesOf(id.ns, id.name))) {
    AddSlice(*facts.Find<k8s::EndpointSlice>(key.ns, key.name), port_name, ready, ending);
  }
  return ready.empty() ? ending : ready;
}

std::vector<ir::Endpoint> OfBackend(Facts& facts, const EndpointsId& id) {
  std::vector<ir::Endpoint> out;
  const auto* backend = facts.Find<v1alpha1::Backend>(id.ns, id.name);
  if (backend == nullptr) return out;
  for (const v1alpha1::BackendEndpoint& endpoint : backend->spec().endpoints()) {
    out.push_back({.address = endpoint.address(),
                   .port = static_cast<uint16_t>(endpoint.port()),
                   .weight = static_cast<uint32_t>(endpoint.has_weight() ? endpoint.weight() : 1),
                   .zone = endpoint.zone()});
  }
  return out;
}

}  // namespace

ir::Endpoints ResolveEndpoints(Facts& facts, const EndpointsId& id) {
  ir::Endpoints out{.name = id.Name(), .source = {{id.kind, id.ns, id.name}, ""}};
  out.endpoints = id.kind == "Service" ? OfService(facts, id) : OfBackend(facts, id);
  // By address and port first; of two entries for one server the first in order stays, since a
  // proxy refuses a set that holds one twice.
  std::sort(out.endpoints.begin(), out.endpoints.end());
  const auto same_server = [](const ir::Endpoint& a, const ir::Endpoint& b) {
    return a.address == b.address && a.port == b.port;
  };
  out.endpoints.erase(std::unique(out.endpoints.begin(), out.endpoints.end(), same_server),
                      out.endpoints.end());
  return out;
}

}  // namespace sluice::resolve
