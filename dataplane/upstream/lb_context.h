// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/types/span.h"
#include "dataplane/http/message.h"

namespace sluice::upstream {

class Host;

// What the choice of an endpoint may depend on.
struct LbContext {
  absl::Span<const Host* const> tried;  // Avoided while there are others (retries).
  http::Version downstream_version = http::Version::kHttp11;
  std::string_view host;  // For auto SNI.
  // A connection that has lain idle may be dead without our knowing: take none of those, if the
  // limits let another be opened.
  bool no_idle_connection = false;
};

}  // namespace sluice::upstream
