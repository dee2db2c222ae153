// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/manifest/object.h"
#include "controlplane/ir/access_log.h"
#include "controlplane/ir/client.h"
#include "controlplane/ir/listener.h"
#include "controlplane/ir/policies.h"
#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/key_pair_check.h"
#include "controlplane/resolve/verdict.h"

namespace sluice::resolve {

// What routes need to know of a listener to attach to it.
struct ListenerShape {
  std::string name;
  std::string hostname;  // Empty: any.
  uint16_t port = 0;
  bool tls = false;
  bool serves = false;      // Else routes attach and are counted, but nothing is served.
  bool takes_http = false;  // HTTPRoutes may attach.
  std::string from;         // "Same", "All", "Selector", "None".
  std::string selector;     // Serialized LabelSelector.

  bool operator==(const ListenerShape&) const = default;
};

// What a proxy needs to know of a listener besides.
struct ListenerBody {
  std::vector<std::string> certificates;
  ir::ClientSettings client;
  std::vector<ir::AccessLog> access_logs;
  // Of the listener and its Gateway; where several listeners of a port are one until a request has
  // been read, of the Gateway alone, and the listener's own stand apart.
  ir::Policies policies;
  ir::Policies own_policies;

  bool operator==(const ListenerBody&) const = default;
};

// A Gateway without its routes.
struct Frame {
  bool exists = false;
  bool ours = false;  // Its GatewayClass names us.
  std::vector<std::string> addresses;
  // As in the Gateway's own order; two vectors, because routes depend on one of them alone.
  std::vector<ListenerShape> shapes;
  std::vector<ListenerBody> bodies;
  std::map<std::string, std::shared_ptr<const ir::Certificate>> certificates;
  Verdict verdict;

  // What it depends on.
  std::set<manifest::ObjectKey> asked;
};

// Resolves all of a Gateway but its routes: whose it is, its addresses, and for each listener
// whether it can be served, with what certificates and settings. A Gateway that is not ours, or not
// there, is an answer.
Frame ResolveFrame(Facts facts, const manifest::ObjectKey& gateway, const KeyPairCheck& check);

}  // namespace sluice::resolve
