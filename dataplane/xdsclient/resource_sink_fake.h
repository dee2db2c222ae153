// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "dataplane/xdsclient/resource_sink.h"

namespace sluice::xdsclient {

// Holds what it is given, by name and version; refuses what its test names.
class FakeResourceSink : public ResourceSink {
 public:
  // A resource's name is its body, unless a test says otherwise.
  std::string NameOf(ResourceType, std::string_view body) override { return std::string(body); }
  std::vector<Rejection> OnResources(ResourceType type, std::vector<Received> changed,
                                     std::vector<std::string> removed) override {
    std::vector<Rejection> rejections;
    for (const Received& resource : changed) {
      if (refused.contains(resource.name)) {
        rejections.push_back({resource.name, "\"" + resource.name + "\" is refused by the test"});
      } else {
        held[type][resource.name] = resource.version;
      }
    }
    for (const std::string& name : removed) held[type].erase(name);
    ++calls;
    return rejections;
  }

  void WhenServed(absl::AnyInvocable<void()> then) override {
    if (serves_at_once) return then();
    unserved.push_back(std::move(then));
  }
  std::vector<std::string> UnsupportedFields() const override { return fields; }

  std::vector<std::string> fields;
  std::map<ResourceType, std::map<std::string, std::string>> held;
  std::set<std::string> refused;
  int calls = 0;
  bool serves_at_once = true;
  std::vector<absl::AnyInvocable<void()>> unserved;
};

}  // namespace sluice::xdsclient
