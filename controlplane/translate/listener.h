// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "controlplane/ir/gateway.h"
#include "controlplane/translate/resource.h"

namespace sluice::translate {

// The Listeners of a port: one for each address of the Gateway, a filter chain for each of the
// port's listeners, its routes by RDS and its certificates by SDS.
std::vector<Resource> TranslatePort(const ir::Gateway& gateway, const ir::Port& port);

// A Secret.
Resource TranslateCertificate(const ir::Certificate& certificate);

}  // namespace sluice::translate
