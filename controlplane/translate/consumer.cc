// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/consumer.h"

#include "controlplane/translate/wire.h"
#include "controlplane/xdsserver/type_urls.h"
#include "sluice/identity/v1/consumer.pb.h"

namespace sluice::translate {

Resource TranslateConsumer(const ir::Consumer& consumer) {
  identity::v1::Consumer out;
  out.set_name(consumer.name);
  for (const std::string& group : consumer.groups) out.add_groups(group);
  for (const ir::ConsumerKey& key : consumer.keys) {
    identity::v1::ApiKey* to = out.add_api_keys();
    to->set_name(key.name);
    to->set_sha256(key.sha256);
    if (key.expires_at.has_value()) to->set_expires_at(absl::ToUnixSeconds(*key.expires_at));
  }
  for (const auto& [username, hash] : consumer.passwords) {
    identity::v1::Password* to = out.add_passwords();
    to->set_username(username);
    to->set_hash(hash);
  }
  for (const auto& [issuer, subject] : consumer.tokens) {
    identity::v1::Token* to = out.add_tokens();
    to->set_issuer(issuer);
    to->set_subject(subject);
  }
  for (const std::string& name : consumer.certificates) out.add_certificate_names(name);
  return {.type_url = xdsserver::kConsumerType, .name = consumer.name, .value = Serialize(out)};
}

}  // namespace sluice::translate
