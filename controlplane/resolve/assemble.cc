// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/assemble.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace sluice::resolve {
namespace {

using RoutesByHost = std::map<std::string, std::vector<std::shared_ptr<const ir::Route>>>;

std::string HostOf(const std::string& hostname) { return hostname.empty() ? "*" : hostname; }

// By listener. Each listener has its own host name even without a route: there a request is at its
// end, and must not fall to a wider listener of the port.
std::map<std::string, RoutesByHost> Distribute(
    const Frame& frame, const std::map<manifest::ObjectKey, RouteResult>& routes,
    std::map<std::string, int32_t>& attached) {
  std::map<std::string, RoutesByHost> out;
  for (const ListenerShape& shape : frame.shapes) out[shape.name][HostOf(shape.hostname)];
  for (const auto& [key, route] : routes) {
    for (const Attachment& attachment : route.attachments) {
      ++attached[attachment.listener];
      for (const std::string& hostname : attachment.hostnames) {
        auto& list = out[attachment.listener][HostOf(hostname)];
        list.insert(list.end(), route.routes.begin(), route.routes.end());
      }
    }
  }
  return out;
}

bool ByPrecedence(const std::shared_ptr<const ir::Route>& a,
                  const std::shared_ptr<const ir::Route>& b) {
  return ir::Precedes(*a, *b);
}

std::vector<ir::VirtualHost> ToHosts(RoutesByHost hosts, const ir::Policies& policies) {
  std::vector<ir::VirtualHost> out;
  for (auto& [hostname, routes] : hosts) {
    std::sort(routes.begin(), routes.end(), ByPrecedence);
    out.push_back({hostname, std::move(routes), policies});
  }
  return out;
}

ir::Listener ToListener(const manifest::ObjectKey& gateway, size_t index, const Frame& frame,
                        RoutesByHost hosts) {
  const ListenerShape& shape = frame.shapes[index];
  const ListenerBody& body = frame.bodies[index];
  ir::Listener listener{.name = shape.name,
                        .certificates = body.certificates,
                        .client = body.client,
                        .access_logs = body.access_logs,
                        .hosts = ToHosts(std::move(hosts), body.own_policies),
                        .policies = body.policies,
                        .source = {{gateway.kind, gateway.ns, gateway.name},
                                   absl::StrCat("spec.listeners[", index, "]")}};
  if (shape.tls && !shape.hostname.empty()) listener.server_names = {shape.hostname};
  return listener;
}

bool ByHostname(const ir::VirtualHost& a, const ir::VirtualHost& b) {
  return a.hostname < b.hostname;
}

// The listeners of a port without TLS, as one. A host name belongs to one of them, the closest, so
// that a virtual host has the policies of one.
void Merge(ir::Listener listener, ir::Port& port) {
  if (port.tls || port.listeners.empty()) {
    port.listeners.push_back(std::move(listener));
    return;
  }
  std::vector<ir::VirtualHost>& hosts = port.listeners[0].hosts;
  // Sorted; what is added behind them is new, since a listener has each host name once.
  const auto known = static_cast<std::ptrdiff_t>(hosts.size());
  for (ir::VirtualHost& host : listener.hosts) {
    const auto end = hosts.begin() + known;
    const auto it = std::lower_bound(hosts.begin(), end, host, ByHostname);
    if (it == end || it->hostname != host.hostname) {
      hosts.push_back(std::move(host));
      continue;
    }
    it->routes.insert(it->routes.end(), host.routes.begin(), host.routes.end());
    std::sort(it->routes.begin(), it->routes.end(), ByPrecedence);
    // A route that hangs to two listeners here is one route, and now stands beside itself.
    it->routes.erase(std::unique(it->routes.begin(), it->routes.end()), it->routes.end());
  }
  std::sort(hosts.begin(), hosts.end(), ByHostname);
}

std::shared_ptr<const ir::Port> Keep(ir::Port port, const ir::Gateway* before) {
  if (before != nullptr) {
    for (const auto& old : before->ports) {
      if (*old == port) return old;
    }
  }
  return std::make_shared<const ir::Port>(std::move(port));
}

template <typename T>
std::shared_ptr<const T> Keep(const std::shared_ptr<const T>& part,
                              const std::map<std::string, std::shared_ptr<const T>>* before) {
  if (before == nullptr) return part;
  const auto it = before->find(part->name);
  return it != before->end() && *it->second == *part ? it->second : part;
}

// Many routes share few backends: they are told apart by hash, and only then put in order.
void GatherBackends(const std::map<manifest::ObjectKey, RouteResult>& routes,
                    const ir::Gateway* before, Assembly& out) {
  absl::flat_hash_map<std::string_view, const std::shared_ptr<const ir::Backend>*> backends;
  absl::flat_hash_map<std::string_view, const EndpointsId*> endpoints;
  for (const auto& [key, route] : routes) {
    if (route.attachments.empty()) continue;
    for (const auto& [name, backend] : route.backends) backends.try_emplace(name, &backend);
    for (const auto& [name, id] : route.endpoints) endpoints.try_emplace(name, &id);
  }
  std::vector<ir::Parts<ir::Backend>::Entry> sorted;
  sorted.reserve(backends.size());
  for (const auto& [name, backend] : backends) sorted.emplace_back(name, *backend);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  out.gateway.backends =
      ir::Parts<ir::Backend>::Make(std::move(sorted), before ? &before->backends : nullptr);
  out.endpoints.assign(endpoints.begin(), endpoints.end());
  std::sort(out.endpoints.begin(), out.endpoints.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

// Which filters and consumers the policies of what is served need.
ir::PolicyFilters GatherNeeds(const Frame& frame,
                              const std::map<manifest::ObjectKey, RouteResult>& routes,
                              ConsumerNamespaces& consumers) {
  ir::PolicyFilters filters;
  for (size_t i = 0; i < frame.shapes.size(); ++i) {
    if (!frame.shapes[i].serves) continue;
    for (const ir::Policies* policies :
         {&frame.bodies[i].policies, &frame.bodies[i].own_policies}) {
      filters.Add(*policies);
      consumers.Add(*policies);
    }
  }
  for (const auto& [key, route] : routes) {
    if (route.attachments.empty()) continue;
    filters.Add(route.filters);
    consumers.Add(route.consumers);
  }
  return filters;
}

}  // namespace

Assembly Assemble(const manifest::ObjectKey& key, const Frame& frame,
                  const std::map<manifest::ObjectKey, RouteResult>& routes,
                  const ir::Gateway* before) {
  Assembly out{.verdict = frame.verdict};
  ir::Gateway& gateway = out.gateway;
  gateway.id = {key.kind, key.ns, key.name};
  gateway.addresses = frame.addresses;
  std::map<std::string, int32_t> attached;
  std::map<std::string, RoutesByHost> hosts = Distribute(frame, routes, attached);

  std::map<uint16_t, ir::Port> ports;
  for (size_t i = 0; i < frame.shapes.size(); ++i) {
    const ListenerShape& shape = frame.shapes[i];
    out.verdict.listeners[i].attached_routes = attached[shape.name];
    if (!shape.serves) continue;
    ir::Port& port = ports[shape.port];
    port.port = shape.port;
    port.tls = shape.tls;
    Merge(ToListener(key, i, frame, std::move(hosts[shape.name])), port);
  }
  const ir::PolicyFilters filters = GatherNeeds(frame, routes, out.consumers);
  for (auto& [number, port] : ports) {
    for (ir::Listener& listener : port.listeners) listener.filters = filters;
    std::sort(port.listeners.begin(), port.listeners.end(),
              [](const ir::Listener& a, const ir::Listener& b) { return a.name < b.name; });
    gateway.ports.push_back(Keep(std::move(port), before));
  }
  for (const auto& [name, certificate] : frame.certificates) {
    gateway.certificates[name] = Keep(certificate, before ? &before->certificates : nullptr);
  }
  GatherBackends(routes, before, out);
  return out;
}

}  // namespace sluice::resolve
