// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/http/error.h"

namespace sluice::http1 {

// What is wrong with a message, as a client would be told. `status` is 0 where nothing is.
struct ParseError {
  uint16_t status = 0;
  http::ErrorKind kind = http::ErrorKind::kNone;
  std::string_view detail;  // A stable token; a literal.

  bool ok() const { return status == 0; }
};

inline ParseError BadSyntax(std::string_view detail) {
  return {400, http::ErrorKind::kProtocol, detail};
}

inline ParseError HeadersTooLarge(std::string_view detail) {
  return {431, http::ErrorKind::kHeadersTooLarge, detail};
}

}  // namespace sluice::http1
