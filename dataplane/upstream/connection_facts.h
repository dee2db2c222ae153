// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dataplane/http/message.h"
#include "dataplane/upstream/ref.h"

namespace sluice::upstream {

// What logs tell of one upstream connection. Attempts keep it after the connection is gone.
struct ConnectionFacts : Counted {
  std::string local_address;
  http::Version version = http::Version::kHttp11;
  std::string failure;
};

}  // namespace sluice::upstream
