// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "controlplane/ir/listener.h"
#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/key_pair_check.h"
#include "controlplane/resolve/refusal.h"
#include "gateway/v1/references.pb.h"

namespace sluice::resolve {

// A certificate, and what is wrong with it. Both: a Secret that proxies will refuse is sent all the
// same, because each keeps the last one that was good, while a listener without it would end.
struct CertificateAnswer {
  std::shared_ptr<const ir::Certificate> certificate;
  std::optional<Refusal> refusal;
};

// Follows one of a listener's certificateRefs. `from` is the Gateway.
CertificateAnswer ResolveCertificate(Facts& facts, const Reference& from,
                                     const gateway::v1::SecretObjectReference& ref,
                                     const KeyPairCheck& check);

// The authorities that a ConfigMap holds under "ca.crt", PEM.
std::variant<std::string, Refusal> ResolveAuthorities(Facts& facts, const std::string& ns,
                                                      const gateway::v1::LocalObjectReference& ref);

}  // namespace sluice::resolve
