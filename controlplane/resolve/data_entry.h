// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "controlplane/resolve/facts.h"
#include "controlplane/resolve/refusal.h"
#include "k8s/secret.pb.h"

namespace sluice::resolve {

// An entry of a Secret; none if it is not there.
std::optional<std::string> FindEntry(const k8s::Secret& secret, std::string_view key);

// Follows a reference to one entry of a Secret or ConfigMap (`kind`) of namespace `ns`. Refusals
// have the reason "RefNotFound", and name the entries that there are.
std::variant<std::string, Refusal> ResolveEntry(Facts& facts, std::string_view kind,
                                                const std::string& ns, const std::string& name,
                                                const std::string& key);

}  // namespace sluice::resolve
