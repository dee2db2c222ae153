// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "dataplane/xdsclient/resource_type.h"

namespace sluice::xdsclient {

// One resource as it came.
struct Received {
  std::string name;
  std::string version;
  std::string body;  // The message inside its Any, serialized.
};

// One that was not taken, and why.
struct Rejection {
  std::string name;
  std::string reason;
};

// Takes what configuration sources send.
class ResourceSink {
 public:
  // The name that a message of this type gives itself; empty if it cannot be parsed.
  virtual std::string NameOf(ResourceType type, std::string_view body) = 0;

  // One response, whole: what changed and what is gone. Returns those that it refuses; their last
  // good copies stay.
  virtual std::vector<Rejection> OnResources(ResourceType type, std::vector<Received> changed,
                                             std::vector<std::string> removed) = 0;

  // Runs `then` once all that was taken so far, and is not waiting for something else, is served
  // by every worker: only then is it true to say that it is accepted. May run it at once.
  virtual void WhenServed(absl::AnyInvocable<void()> then) = 0;

  // The fields that taken resources set and that have no effect here, a line each.
  virtual std::vector<std::string> UnsupportedFields() const = 0;

 protected:
  ~ResourceSink() = default;
};

}  // namespace sluice::xdsclient
