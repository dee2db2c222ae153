// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataplane/filters/chain/filter.h"

namespace sluice::filters {

// Notes in the request's StreamInfo what a policy decided, and counts it. The texts of `decision`
// live as long as the exchange.
void NoteDecision(FilterHost& host, const http::PolicyDecision& decision);

}  // namespace sluice::filters
