// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/ir/backend.h"
#include "controlplane/ir/consumer.h"
#include "controlplane/ir/listener.h"
#include "controlplane/ir/parts.h"
#include "controlplane/ir/source.h"

namespace sluice::ir {

// What all the proxies of one Gateway are to do. Maps are by name. Parts that did not change are
// the same pointers from one version to the next, and of the many there are, what holds them too.
struct Gateway {
  ObjectId id;
  std::vector<std::string> addresses;              // IP literals; empty: all of the machine's.
  std::vector<std::shared_ptr<const Port>> ports;  // Sorted by number.
  std::map<std::string, std::shared_ptr<const Certificate>> certificates;
  Parts<Backend> backends;
  Parts<Endpoints> endpoints;
  Parts<Consumer> consumers;  // Those that its policies may find.
};

}  // namespace sluice::ir
