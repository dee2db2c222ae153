// SPDX-License-Identifier: Apache-2.0
//
// The consumers' part of Resolver: each is a piece of its own, and a Gateway shares them with the
// version before.
#include <utility>
#include <vector>

#include "controlplane/resolve/consumer.h"
#include "controlplane/resolve/resolver.h"
#include "sluice/v1alpha1/consumer.pb.h"

namespace sluice::resolve {

using manifest::ObjectKey;

std::vector<ConsumerBook::Change> Resolver::DoConsumers(Agenda& agenda, Outcome& outcome) {
  for (const ObjectKey& key : agenda.consumers) {
    const Unit unit{.what = Unit::What::kConsumer, .object = key};
    // Not by way of Facts: with so many of them, what each asks of itself would be most of the
    // index.
    const auto* object = objects_->Find<v1alpha1::Consumer>(key.ns, key.name);
    std::set<ObjectKey> asked;
    if (object == nullptr) {
      consumers_.Remove(key);
    } else {
      Facts facts = MakeFacts();
      consumers_.Put(key, ResolveConsumer(facts, key, *object));
      asked = facts.TakeAsked();
    }
    const auto known = consumers_asked_.find(key);
    SetDependencies(unit, known == consumers_asked_.end() ? std::set<ObjectKey>() : known->second,
                    asked);
    if (!asked.empty()) {
      consumers_asked_[key] = std::move(asked);
    } else if (known != consumers_asked_.end()) {
      consumers_asked_.erase(known);
    }
  }
  std::vector<ConsumerBook::Change> changes = consumers_.Settle();
  for (ConsumerBook::Change& change : changes) {
    if (change.consumer == nullptr) continue;
    ++outcome.work.consumers;
    SetVerdict(change.key, std::move(change.verdict), outcome);
  }
  std::erase_if(changes, [](const ConsumerBook::Change& change) { return !change.is_other; });
  return changes;
}

ir::Parts<ir::Consumer> Resolver::GatherConsumers(const ConsumerNamespaces& namespaces,
                                                  const ir::Gateway* before) const {
  std::map<std::string, std::shared_ptr<const ir::Consumer>> by_name;
  consumers_.ForEach([&](const ObjectKey& key, const auto& consumer) {
    if (namespaces.Has(key.ns)) by_name.emplace(consumer->name, consumer);
  });
  return ir::Parts<ir::Consumer>::Make({by_name.begin(), by_name.end()},
                                       before ? &before->consumers : nullptr);
}

void Resolver::DeliverConsumers(const std::vector<ConsumerBook::Change>& changes,
                                Outcome& outcome) {
  if (changes.empty()) return;
  for (auto& [key, gateway] : gateways_) {
    const ConsumerNamespaces& wanted = states_.at(key).consumers;
    ir::Parts<ir::Consumer> consumers = gateway->consumers;
    bool is_other = false;
    for (const ConsumerBook::Change& change : changes) {
      if (!wanted.Has(change.key.ns)) continue;
      const std::string name = change.key.ns + "/" + change.key.name;
      const auto* known = consumers.Find(name);
      if (known == nullptr ? change.consumer == nullptr : *known == change.consumer) continue;
      is_other = true;
      if (change.consumer == nullptr) {
        consumers.Remove(name);
      } else {
        consumers.Put(name, change.consumer);
      }
    }
    if (!is_other) continue;
    ir::Gateway edited = *gateway;
    edited.consumers = std::move(consumers);
    gateway = std::make_shared<const ir::Gateway>(std::move(edited));
    outcome.gateways[key] = gateway;
  }
}

}  // namespace sluice::resolve
