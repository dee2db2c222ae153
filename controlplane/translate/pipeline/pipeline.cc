// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/pipeline/pipeline.h"

#include <utility>

namespace sluice::translate {

Output Pipeline::Apply(std::shared_ptr<const store::ObjectSet> after, const store::Delta& delta) {
  Output output;
  resolve::Outcome outcome = resolver_.Apply(std::move(after), delta);
  for (auto& [key, gateway] : outcome.gateways) {
    if (gateway == nullptr) {
      gateways_.erase(key);
      output.gateways[key] = nullptr;
      continue;
    }
    std::shared_ptr<const GatewayOutput>& slot = gateways_[key];
    auto now = std::make_shared<GatewayOutput>();
    now->gateway = gateway;
    static const xdsserver::ResourceSet* const kNone = new xdsserver::ResourceSet;
    now->resources = Translate(*gateway, slot ? slot->gateway.get() : nullptr,
                               slot ? slot->resources : *kNone, &output.translated);
    // Something else in it may have changed that proxies do not see, a count of routes say.
    const bool is_same =
        slot != nullptr && slot->resources.fingerprint() == now->resources.fingerprint();
    slot = std::move(now);
    if (!is_same) output.gateways[key] = slot;
  }
  output.verdicts = std::move(outcome.verdicts);
  output.dropped_verdicts = std::move(outcome.dropped_verdicts);
  output.resolved = outcome.work;
  return output;
}

}  // namespace sluice::translate
