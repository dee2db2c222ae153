// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/http/header_id.h"
#include "dataplane/router/router.h"

namespace sluice::router {

// Where a condition finds its text.
struct FieldRef {
  enum class Kind : uint8_t { kHeader, kMethod, kAuthority, kPath, kScheme, kQuery, kCookie };

  static FieldRef Header(std::string_view name);
  static FieldRef Query(std::string_view name) {
    return {Kind::kQuery, http::HeaderId::kOther, name};
  }
  static FieldRef Cookie(std::string_view name) {
    return {Kind::kCookie, http::HeaderId::kOther, name};
  }
  bool operator==(const FieldRef&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const FieldRef& field) {
    return H::combine(std::move(h), field.kind, field.name);
  }

  Kind kind = Kind::kHeader;
  http::HeaderId id = http::HeaderId::kOther;  // Of a header.
  std::string_view name;
};

// A RouteQuery taken apart, with the room that a look-up needs.
//
// Several fields of one name count as one, joined by commas (Envoy; RFC 9110 §5.3), cookie fields
// by "; " (RFC 9113 §8.2.3). Of query parameters and cookies of one name the first counts. Query
// names and values are taken as sent, escapes and all, cookie values without their quotes.
//
// Thread:   one; at most one lives per thread at a time, since it uses that thread's buffers.
// Limits:   allocates only to grow those buffers.
class Request {
 public:
  explicit Request(const RouteQuery& query);

  const RouteQuery& query() const { return query_; }
  // Without the query.
  std::string_view path() const { return path_; }
  std::string_view lower_path() const;

  // The text of that field, or nothing. Good until the next call.
  std::optional<std::string_view> Get(const FieldRef& field) const;

  bool IsGrpc() const;

  // Room for the numbers of the regexes of a set that match.
  static std::vector<int>& Matches();

 private:
  std::optional<std::string_view> GetHeader(const FieldRef& field) const;
  std::optional<std::string_view> GetParameter(std::string_view name) const;
  std::optional<std::string_view> GetCookie(std::string_view name) const;

  const RouteQuery& query_;
  std::string_view path_;
  std::string_view parameters_;
  mutable bool lowered_ = false;
};

}  // namespace sluice::router
