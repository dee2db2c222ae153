// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/message.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "dataplane/http/syntax.h"

namespace sluice::admin {
namespace {

// The value behind `key=`, or nothing. A key without '=' has an empty value.
std::optional<std::string_view> Find(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != key) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

AdminReply Problem(uint16_t status, std::string_view detail) {
  AdminReply reply;
  reply.status = status;
  reply.content_type = "application/problem+json";
  nlohmann::ordered_json problem;
  problem["title"] = http::ReasonPhrase(status);
  problem["status"] = status;
  problem["detail"] = detail;
  // A client's bytes may stand in the detail: what is not UTF-8 is replaced.
  reply.body = problem.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  reply.body.push_back('\n');
  return reply;
}

AdminReply TextReply(std::string body) {
  AdminReply reply;
  reply.body = std::move(body);
  return reply;
}

AdminReply JsonReply(std::string body) {
  AdminReply reply;
  reply.content_type = "application/json";
  reply.body = std::move(body);
  reply.body.push_back('\n');
  return reply;
}

std::string_view QueryValue(std::string_view query, std::string_view key) {
  return Find(query, key).value_or(std::string_view());
}

bool HasQueryKey(std::string_view query, std::string_view key) {
  return Find(query, key).has_value();
}

}  // namespace sluice::admin
