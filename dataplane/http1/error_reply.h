// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/buffer.h"
#include "dataplane/http1/parse_error.h"

namespace sluice::http1 {

// Writes the answer that the codec gives by itself: `error.status`, `connection: close` and a
// problem-details body (RFC 9457) whose `reason` is the error's token. No body in answer to HEAD.
void WriteErrorReply(const ParseError& error, bool to_head, base::Buffer& out);

}  // namespace sluice::http1
