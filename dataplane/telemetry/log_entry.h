// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"

namespace sluice::telemetry {

// What one line may speak of. Heads may be null (no response was sent; the request never parsed).
struct LogEntry {
  const http::StreamInfo& info;
  const http::RequestHead* request = nullptr;
  const http::ResponseHead* response = nullptr;
  const http::HeaderMap* response_trailers = nullptr;
};

}  // namespace sluice::telemetry
