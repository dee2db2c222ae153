// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "api/manifest/object.h"

namespace sluice::resolve {

// A topic is what an object speaks about without being asked: a route about its Gateways, a policy
// about its targets, an EndpointSlice about its Service. It is written as a key whose kind is no
// kind, so that one dependency index serves for objects and topics alike.
manifest::ObjectKey RoutesOf(std::string_view ns, std::string_view gateway);
manifest::ObjectKey PoliciesOf(const manifest::ObjectKey& target);
manifest::ObjectKey GrantsIn(std::string_view ns);
manifest::ObjectKey SlicesOf(std::string_view ns, std::string_view service);

// The topics of an object.
std::vector<manifest::ObjectKey> TopicsOf(const manifest::Object& object);

// TopicIndex finds the objects that speak about a topic.
//
// Thread:   its owner's.
// Errors:   none.
// Limits:   as many entries as the objects have references of these sorts.
class TopicIndex {
 public:
  void Add(const manifest::Object& object);
  void Remove(const manifest::Object& object);

  const std::set<manifest::ObjectKey>& Members(const manifest::ObjectKey& topic) const;

 private:
  std::map<manifest::ObjectKey, std::set<manifest::ObjectKey>> members_;
};

}  // namespace sluice::resolve
