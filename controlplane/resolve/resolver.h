// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/manifest/object.h"
#include "controlplane/ir/gateway.h"
#include "controlplane/resolve/consumer_book.h"
#include "controlplane/resolve/frame.h"
#include "controlplane/resolve/http_route.h"
#include "controlplane/resolve/key_pair_check.h"
#include "controlplane/resolve/policies.h"
#include "controlplane/resolve/topic_index.h"
#include "controlplane/resolve/verdict.h"
#include "controlplane/store/object_set.h"

namespace sluice::resolve {

// One piece of resolving, done again when something it asked for has changed.
struct Unit {
  enum class What : uint8_t { kFrame, kRoute, kEndpoints, kPolicy, kConsumer };

  What what = What::kFrame;
  manifest::ObjectKey gateway;  // kFrame, kRoute.
  manifest::ObjectKey object;   // kRoute, kPolicy, kConsumer.
  std::string endpoints;        // kEndpoints: their name.

  auto operator<=>(const Unit&) const = default;
};

// How many pieces were done again.
struct WorkDone {
  int frames = 0;
  int routes = 0;
  int endpoints = 0;
  int policies = 0;
  int consumers = 0;
  int gateways = 0;  // Put together out of their pieces.

  bool operator==(const WorkDone&) const = default;
};

// What a change of the objects came to.
struct Outcome {
  // By Gateway; null: it is gone, or no longer ours.
  std::map<manifest::ObjectKey, std::shared_ptr<const ir::Gateway>> gateways;
  // By object; only those that differ from before.
  Verdicts verdicts;
  // Objects that have no verdict any more.
  std::vector<manifest::ObjectKey> dropped_verdicts;
  WorkDone work;
};

// Resolver turns objects into what each Gateway is to do, and says of each object what became of
// it. It keeps the pieces and what they depended on, so that a change costs what depends on it.
//
// What it yields depends on the objects alone, not on the order in which they came.
//
// Thread:   its owner's.
// Lifetime: keeps the last object set.
// Errors:   none: what is wrong with objects is in their verdicts.
// Limits:   none of its own.
class Resolver {
 public:
  explicit Resolver(KeyPairCheck check) : check_(std::move(check)) {}

  // `delta` is what differs between the set of the last call (at first: an empty one) and `after`.
  Outcome Apply(std::shared_ptr<const store::ObjectSet> after, const store::Delta& delta);

  const Verdicts& verdicts() const { return verdicts_; }
  const std::map<manifest::ObjectKey, std::shared_ptr<const ir::Gateway>>& gateways() const {
    return gateways_;
  }

 private:
  struct GatewayState {
    Frame frame;
    std::map<manifest::ObjectKey, RouteResult> routes;
    ConsumerNamespaces consumers;  // Whose consumers it has.
  };
  struct EndpointsState {
    EndpointsId id;
    std::shared_ptr<const ir::Endpoints> endpoints;
    std::set<manifest::ObjectKey> users;  // Gateways.
    std::set<manifest::ObjectKey> asked;
  };
  // What one call has to do.
  struct Agenda {
    std::set<manifest::ObjectKey> frames;
    std::map<manifest::ObjectKey, std::set<manifest::ObjectKey>> routes;  // By Gateway.
    std::set<std::string> endpoints;
    std::set<manifest::ObjectKey> policies;
    std::set<manifest::ObjectKey> consumers;
    std::set<manifest::ObjectKey> assemble;
    std::set<manifest::ObjectKey> verdicts;  // Of routes.
  };

  Facts MakeFacts() const { return Facts(*objects_, topics_); }
  void TakeIn(const store::Delta& delta, const store::ObjectSet& before, Agenda& agenda);
  void MarkObject(const manifest::Object& object, Agenda& agenda);
  void MarkDependents(const manifest::ObjectKey& key, Agenda& agenda);
  void SetDependencies(const Unit& unit, const std::set<manifest::ObjectKey>& before,
                       const std::set<manifest::ObjectKey>& after);

  // Returns the consumers that are others than before.
  std::vector<ConsumerBook::Change> DoConsumers(Agenda& agenda, Outcome& outcome);
  void DoFrames(Agenda& agenda, Outcome& outcome);
  void DoRoutes(Agenda& agenda, Outcome& outcome);
  void DoAssembly(Agenda& agenda, Outcome& outcome);
  void PutTogether(const manifest::ObjectKey& key, const ir::Gateway* before, Agenda& agenda,
                   Outcome& outcome);
  // Notes whose endpoints a Gateway uses, and returns what is known of them.
  ir::Parts<ir::Endpoints> UseEndpoints(
      const manifest::ObjectKey& gateway,
      const std::vector<std::pair<std::string_view, const EndpointsId*>>& wanted,
      const ir::Gateway* before, Agenda& agenda);
  // All consumers of those namespaces.
  ir::Parts<ir::Consumer> GatherConsumers(const ConsumerNamespaces& namespaces,
                                          const ir::Gateway* before) const;
  // Tells Gateways of consumers that changed, were they put together anew or not.
  void DeliverConsumers(const std::vector<ConsumerBook::Change>& changes, Outcome& outcome);
  void DoEndpoints(Agenda& agenda, Outcome& outcome);
  void DoPolicies(Agenda& agenda, Outcome& outcome);
  void DoRouteVerdicts(Agenda& agenda, Outcome& outcome);
  void SetVerdict(const manifest::ObjectKey& key, Verdict verdict, Outcome& outcome);
  void DropVerdict(const manifest::ObjectKey& key, Outcome& outcome);

  const KeyPairCheck check_;
  std::shared_ptr<const store::ObjectSet> objects_ = std::make_shared<store::ObjectSet>();
  TopicIndex topics_;
  std::map<manifest::ObjectKey, std::set<Unit>> dependents_;
  std::map<manifest::ObjectKey, GatewayState> states_;
  std::map<std::string, EndpointsState> endpoints_;  // By name.
  std::map<manifest::ObjectKey, std::set<manifest::ObjectKey>> policies_asked_;
  ConsumerBook consumers_;
  std::map<manifest::ObjectKey, std::set<manifest::ObjectKey>> consumers_asked_;  // Not empty.
  std::map<manifest::ObjectKey, std::shared_ptr<const ir::Gateway>> gateways_;
  Verdicts verdicts_;
};

}  // namespace sluice::resolve
