// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "controlplane/ir/listener.h"
#include "controlplane/resolve/facts.h"
#include "gateway/v1/references.pb.h"

namespace sluice::resolve {

// Why a reference cannot be followed: a reason of Gateway API's, and a sentence.
struct Refusal {
  std::string reason;
  std::string message;
};

using CertificateOrRefusal = std::variant<std::shared_ptr<const ir::Certificate>, Refusal>;

// Follows one of a listener's certificateRefs. `from` is the Gateway.
CertificateOrRefusal ResolveCertificate(Facts& facts, const Reference& from,
                                        const gateway::v1::SecretObjectReference& ref);

// The authorities that a ConfigMap holds under "ca.crt", PEM.
std::variant<std::string, Refusal> ResolveAuthorities(Facts& facts, const std::string& ns,
                                                      const gateway::v1::LocalObjectReference& ref);

}  // namespace sluice::resolve
