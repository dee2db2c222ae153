// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::sluicectl {

// A request as a person types it: METHOD URL, -H 'NAME: VALUE'.
struct RequestText {
  std::string method;
  bool is_tls = false;
  std::string host;       // of the URL, lower case, without port: the server name of TLS
  uint16_t port = 0;      // of the URL; it chooses the listener
  std::string authority;  // a Host header's value, else the URL's host and port; lower case
  std::string path;       // with query; "/" if the URL has none
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

// Errors: kInvalidArgument says what is missing.
absl::StatusOr<RequestText> ParseRequestText(const std::string& method, const std::string& url,
                                             const std::vector<std::string>& headers);

}  // namespace sluice::sluicectl
