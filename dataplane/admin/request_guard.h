// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "dataplane/admin/message.h"

namespace sluice::admin {

// Refuses what a web page could make a browser send to the admin (CP-06): a Host that is a name
// other than localhost (DNS rebinding: a page's own name made to point here), and any request with
// an Origin (a script, or a form, of some page). Tools send neither.
std::optional<AdminReply> RefuseForeign(const AdminRequest& request);

}  // namespace sluice::admin
