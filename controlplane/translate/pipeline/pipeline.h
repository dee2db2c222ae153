// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/manifest/object.h"
#include "controlplane/ir/gateway.h"
#include "controlplane/resolve/key_pair_check.h"
#include "controlplane/resolve/resolver.h"
#include "controlplane/resolve/verdict.h"
#include "controlplane/store/object_set.h"
#include "controlplane/translate/translator.h"
#include "controlplane/xdsserver/resource_set.h"

namespace sluice::translate {

// What the proxies of one Gateway are to serve, with what it was made of.
struct GatewayOutput {
  std::shared_ptr<const ir::Gateway> gateway;
  xdsserver::ResourceSet resources;
};

// What a change came to.
struct Output {
  // By Gateway; only those that changed. Null: it is gone, or no longer ours.
  std::map<manifest::ObjectKey, std::shared_ptr<const GatewayOutput>> gateways;
  // By object; only those that changed.
  resolve::Verdicts verdicts;
  std::vector<manifest::ObjectKey> dropped_verdicts;
  resolve::WorkDone resolved;
  WorkDone translated;
};

// Pipeline is objects in, xDS resources and verdicts out: resolve, then translate. The control
// plane keeps one and feeds it the store's updates; a program without a server makes one, feeds it
// once and reads it.
//
// Thread:   its owner's.
// Lifetime: keeps the last object set.
// Errors:   none: what is wrong with objects is in their verdicts.
// Limits:   none of its own.
class Pipeline {
 public:
  // `check` tells of certificates what proxies will refuse.
  explicit Pipeline(resolve::KeyPairCheck check) : resolver_(std::move(check)) {}

  // `delta` is what differs between the set of the last call (at first: an empty one) and `after`.
  Output Apply(std::shared_ptr<const store::ObjectSet> after, const store::Delta& delta);

  const std::map<manifest::ObjectKey, std::shared_ptr<const GatewayOutput>>& gateways() const {
    return gateways_;
  }
  const resolve::Verdicts& verdicts() const { return resolver_.verdicts(); }

 private:
  resolve::Resolver resolver_;
  std::map<manifest::ObjectKey, std::shared_ptr<const GatewayOutput>> gateways_;
};

// The object and field that a resource came from, so that a proxy's refusal can be told to whoever
// can mend it. `detail` is the refusal's text: where it names a route of a RouteConfiguration, that
// route's source is the answer, or where it names a policy's filter there, the policy's. A name
// that is not the Gateway's gives the Gateway itself.
ir::Source SourceOf(const ir::Gateway& gateway, std::string_view type_url, std::string_view name,
                    std::string_view detail);

}  // namespace sluice::translate
