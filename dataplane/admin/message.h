// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"

namespace sluice::admin {

// What handlers need of a request.
struct AdminRequest {
  std::string method;
  std::string authority;  // Host, lower case.
  std::string path;       // Without the query.
  std::string query;      // Behind the question mark.
  bool has_origin = false;

  bool is_head() const { return method == "HEAD"; }
};

struct AdminReply {
  uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow;  // The methods that would do, with 405.
  // Runs once the reply is out, or cannot get out any more.
  absl::AnyInvocable<void()> afterwards;
};

// An error as problem details (RFC 9457).
AdminReply Problem(uint16_t status, std::string_view detail);

AdminReply TextReply(std::string body);
AdminReply JsonReply(std::string body);

// The value of a query's first `key`, percent-encoding left alone; empty if it has none.
std::string_view QueryValue(std::string_view query, std::string_view key);
bool HasQueryKey(std::string_view query, std::string_view key);

}  // namespace sluice::admin
