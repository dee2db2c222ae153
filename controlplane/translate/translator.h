// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/gateway.h"
#include "controlplane/xdsserver/resource_set.h"

namespace sluice::translate {

// How many parts were translated anew.
struct WorkDone {
  int ports = 0;
  int certificates = 0;
  int backends = 0;
  int endpoints = 0;
  int consumers = 0;

  bool operator==(const WorkDone&) const = default;
};

// What a Gateway's proxies are to serve, as xDS resources.
//
// `before` and `last` are the version before and what this function made of it; parts that are the
// same pointers in both are taken over. Null and an empty set: from nothing, with the same bytes.
//
// Thread:   any; pure.
// Errors:   none: what cannot be served was decided in resolve.
xdsserver::ResourceSet Translate(const ir::Gateway& gateway, const ir::Gateway* before,
                                 const xdsserver::ResourceSet& last, WorkDone* work);

}  // namespace sluice::translate
