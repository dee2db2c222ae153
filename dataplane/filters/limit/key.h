// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/container/inlined_vector.h"
#include "dataplane/config/route.h"
#include "dataplane/filters/limit/config.h"
#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"

namespace sluice::filters {

// The text of a key; long ones are rare.
using LimitKeyText = absl::InlinedVector<char, 512>;

// Puts into `text` what the rule's count for this request is kept under: the rule's identity and
// the values of its key. Texts of different values differ, whatever bytes are in them (RL-01).
// `route` may be null.
void MakeLimitKey(const LimitRule& rule, const http::RequestHead& head,
                  const http::StreamInfo& info, const config::Route* route, LimitKeyText& text);

}  // namespace sluice::filters
