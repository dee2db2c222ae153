// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/types/span.h"
#include "dataplane/http/error.h"

namespace sluice::telemetry {

// A response flag and Envoy's long name of it (%RESPONSE_FLAGS_LONG%).
struct ResponseFlagWords {
  http::ResponseFlag flag;
  std::string_view long_name;
};

// All flags, in the order in which they are printed.
absl::Span<const ResponseFlagWords> AllResponseFlags();

}  // namespace sluice::telemetry
