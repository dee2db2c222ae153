// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/limit.h"

#include "controlplane/translate/conditions.h"
#include "controlplane/translate/wire.h"

namespace sluice::translate {
namespace {

void SetKey(const ir::LimitKey& from, limits::v1::Key* to) {
  switch (from.kind) {
    case ir::LimitKey::Kind::kConsumer:
      to->mutable_consumer();
      break;
    case ir::LimitKey::Kind::kClientIp:
      to->mutable_client_ip()->set_ipv4_prefix(from.ipv4_prefix);
      to->mutable_client_ip()->set_ipv6_prefix(from.ipv6_prefix);
      break;
    case ir::LimitKey::Kind::kHeader:
      to->set_header(from.name);
      break;
    case ir::LimitKey::Kind::kClaim:
      to->set_claim(from.name);
      break;
    case ir::LimitKey::Kind::kRoute:
      to->mutable_route();
      break;
  }
}

}  // namespace

limits::v1::LimitPerRoute TranslateLimit(const ir::RateLimit& from) {
  limits::v1::LimitPerRoute to;
  to.set_policy(from.policy);
  for (const ir::Limit& limit : from.limits) {
    limits::v1::Rule* rule = to.add_rules();
    rule->set_name(limit.name);
    rule->set_requests(limit.requests);
    SetDuration(limit.window, rule->mutable_window());
    rule->set_burst(limit.burst);
    for (const ir::LimitKey& key : limit.key) SetKey(key, rule->add_key());
    if (limit.when.has_value()) *rule->mutable_when() = TranslateConditions(limit.when, {});
  }
  to.set_omit_headers(!from.headers);
  to.set_shadow(from.shadow);
  return to;
}

}  // namespace sluice::translate
