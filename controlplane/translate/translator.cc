// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/translator.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/translate/cluster.h"
#include "controlplane/translate/consumer.h"
#include "controlplane/translate/listener.h"
#include "controlplane/translate/names.h"
#include "controlplane/translate/resource.h"
#include "controlplane/translate/route.h"
#include "controlplane/xdsserver/type_urls.h"

namespace sluice::translate {
namespace {

using xdsserver::ResourceSet;

void Put(Resource resource, ResourceSet::Builder& builder) {
  builder.Put(resource.type_url, std::move(resource.name), std::move(resource.value),
              std::move(resource.follows));
}

// Puts what is new of a map of parts, and removes what is no longer in it.
template <typename T>
void Update(const std::map<std::string, std::shared_ptr<const T>>& now,
            const std::map<std::string, std::shared_ptr<const T>>* before,
            std::string_view type_url, Resource (*translate)(const T&),
            ResourceSet::Builder& builder, int& count) {
  for (const auto& [name, part] : now) {
    if (before != nullptr) {
      const auto old = before->find(name);
      if (old != before->end() && old->second == part) continue;
    }
    Put(translate(*part), builder);
    ++count;
  }
  if (before == nullptr) return;
  for (const auto& [name, part] : *before) {
    if (!now.contains(name)) builder.Remove(type_url, name);
  }
}

template <typename T>
void Update(const ir::Parts<T>& now, const ir::Parts<T>* before, std::string_view type_url,
            Resource (*translate)(const T&), ResourceSet::Builder& builder, int& count) {
  using Part = typename ir::Parts<T>::Part;
  static const ir::Parts<T>* const kNone = new ir::Parts<T>;
  ir::Parts<T>::Diff(before == nullptr ? *kNone : *before, now,
                     [&](const std::string& name, const Part*, const Part* part) {
                       if (part == nullptr) {
                         builder.Remove(type_url, name);
                       } else {
                         Put(translate(**part), builder);
                         ++count;
                       }
                     });
}

// The route table of the version before, if its virtual hosts may be taken over.
TableBefore FindTable(const ir::Gateway* before, const ResourceSet& last, const ir::Port& port,
                      const ir::Listener& listener) {
  if (before == nullptr) return {};
  for (const auto& old : before->ports) {
    // A redirect may name the port, so all of them count as changed with it.
    if (old->port != port.port || old->tls != port.tls) continue;
    for (const ir::Listener& known : old->listeners) {
      if (known.name != listener.name) continue;
      const xdsserver::ResourcePtr* table =
          last.OfType(xdsserver::kRouteType).Find(RouteTableName(*old, known));
      if (table != nullptr) return {&known, (*table)->value.get()};
    }
  }
  return {};
}

bool Has(const ir::Gateway& gateway, const std::shared_ptr<const ir::Port>& port) {
  return std::find(gateway.ports.begin(), gateway.ports.end(), port) != gateway.ports.end();
}

void UpdatePorts(const ir::Gateway& gateway, const ir::Gateway* before, const ResourceSet& last,
                 ResourceSet::Builder& builder, WorkDone& work) {
  const bool moved = before != nullptr && before->addresses != gateway.addresses;
  std::set<std::string> listeners;
  std::set<std::string> tables;
  const std::vector<std::string> addresses = AddressesOf(gateway);
  for (const auto& port : gateway.ports) {
    for (const std::string& address : addresses) listeners.insert(ListenerName(*port, address));
    for (const ir::Listener& listener : port->listeners) {
      tables.insert(RouteTableName(*port, listener));
    }
    if (before != nullptr && !moved && Has(*before, port)) continue;
    ++work.ports;
    for (Resource& resource : TranslatePort(gateway, *port)) Put(std::move(resource), builder);
    for (const ir::Listener& listener : port->listeners) {
      Put(TranslateRoutes(*port, listener, FindTable(before, last, *port, listener)), builder);
    }
  }
  builder.RetainIf(xdsserver::kListenerType,
                   [&](std::string_view name) { return listeners.contains(std::string(name)); });
  builder.RetainIf(xdsserver::kRouteType,
                   [&](std::string_view name) { return tables.contains(std::string(name)); });
}

}  // namespace

ResourceSet Translate(const ir::Gateway& gateway, const ir::Gateway* before,
                      const ResourceSet& last, WorkDone* work) {
  ResourceSet::Builder builder(before == nullptr ? ResourceSet() : last);
  UpdatePorts(gateway, before, last, builder, *work);
  Update(gateway.certificates, before ? &before->certificates : nullptr, xdsserver::kSecretType,
         TranslateCertificate, builder, work->certificates);
  Update(gateway.backends, before ? &before->backends : nullptr, xdsserver::kClusterType,
         TranslateBackend, builder, work->backends);
  Update(gateway.endpoints, before ? &before->endpoints : nullptr, xdsserver::kEndpointType,
         TranslateEndpoints, builder, work->endpoints);
  Update(gateway.consumers, before ? &before->consumers : nullptr, xdsserver::kConsumerType,
         TranslateConsumer, builder, work->consumers);
  return builder.Build();
}

}  // namespace sluice::translate
