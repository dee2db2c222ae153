// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "controlplane/ir/authorize.h"
#include "controlplane/ir/identify.h"
#include "controlplane/ir/rate_limit.h"

namespace sluice::ir {

// A policy that several places of a Gateway share; none where nothing is said. Two are equal if
// what they say is.
template <typename T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  explicit operator bool() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }

  bool operator==(const Shared& other) const {
    return value_ == other.value_ ||
           (value_ != nullptr && other.value_ != nullptr && *value_ == *other.value_);
  }

 private:
  std::shared_ptr<const T> value_;
};

// What the policies of one place say. The nearest place to a request that says something wins, each
// of the three for itself: route, then virtual host, then listener.
struct Policies {
  Shared<Identify> identify;
  Shared<Authorize> authorize;
  Shared<RateLimit> rate_limit;

  bool empty() const { return !identify && !authorize && !rate_limit; }
  bool operator==(const Policies&) const = default;
};

// Which filters a proxy needs for the policies of its Gateway.
struct PolicyFilters {
  bool identify = false;
  bool authorize = false;
  bool limit = false;

  void Add(const Policies& policies) {
    identify = identify || policies.identify;
    authorize = authorize || policies.authorize;
    limit = limit || policies.rate_limit;
  }
  void Add(const PolicyFilters& other) {
    identify = identify || other.identify;
    authorize = authorize || other.authorize;
    limit = limit || other.limit;
  }
  bool operator==(const PolicyFilters&) const = default;
};

}  // namespace sluice::ir
