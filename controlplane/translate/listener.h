// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "controlplane/ir/gateway.h"
#include "controlplane/translate/resource.h"

namespace sluice::translate {

// The addresses that a Gateway's ports are bound to, IP literals: its own, else all
// of IPv4 and of IPv6.
std::vector<std::string> AddressesOf(const ir::Gateway& gateway);

// The Listeners of a port: one for each address of the Gateway, a filter chain for each of the
// port's listeners, its routes by RDS and its certificates by SDS.
std::vector<Resource> TranslatePort(const ir::Gateway& gateway, const ir::Port& port);

// A Secret.
Resource TranslateCertificate(const ir::Certificate& certificate);

}  // namespace sluice::translate
