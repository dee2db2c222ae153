// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/ir/authorize.h"
#include "envoy/extensions/filters/http/rbac/v3/rbac.pb.h"

namespace sluice::translate {

// The rules that deny, and those that allow, each for its filter; a place without such rules
// switches the filter off. RBAC decides by one action, so there are two filters.
envoy::extensions::filters::http::rbac::v3::RBACPerRoute TranslateDeny(const ir::Authorize& from);
envoy::extensions::filters::http::rbac::v3::RBACPerRoute TranslateAllow(const ir::Authorize& from);

}  // namespace sluice::translate
