// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/ir/header_edit.h"
#include "controlplane/ir/path_match.h"
#include "controlplane/ir/policies.h"
#include "controlplane/ir/source.h"
#include "controlplane/ir/traffic.h"

namespace sluice::ir {

struct ValueMatch {
  std::string name;
  std::string value;
  bool is_regex = false;

  bool operator==(const ValueMatch&) const = default;
};

struct Match {
  PathMatch path;
  std::string method;  // Empty: any.
  std::vector<ValueMatch> headers;
  std::vector<ValueMatch> query;

  bool operator==(const Match&) const = default;
};

struct PathRewrite {
  bool full = false;  // Else the matched prefix.
  std::string value;

  bool operator==(const PathRewrite&) const = default;
};

struct WeightedBackend {
  std::string backend;  // Name of an ir::Backend.
  uint32_t weight = 1;
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  std::string host_rewrite;
  Source source;

  bool operator==(const WeightedBackend&) const = default;
};

struct Mirror {
  std::string backend;
  uint32_t per_million = 1'000'000;

  bool operator==(const Mirror&) const = default;
};

struct Cors {
  std::vector<std::string> allow_origins;  // "*", "https://a.example", "https://*.example".
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_headers;
  std::vector<std::string> expose_headers;
  uint32_t max_age_seconds = 5;
  bool allow_credentials = false;

  bool operator==(const Cors&) const = default;
};

// Sends the request on.
struct Forward {
  std::vector<WeightedBackend> backends;  // One or more; weights above zero.
  // The share of requests that is answered 500 instead, because a person gave it to a reference
  // that does not resolve.
  uint32_t failing_per_million = 0;
  std::optional<PathRewrite> path_rewrite;
  std::string host_rewrite;
  std::vector<Mirror> mirrors;
  RouteTimes times;
  std::optional<Retry> retry;

  bool operator==(const Forward&) const = default;
};

struct Redirect {
  uint16_t status = 302;
  std::string scheme;
  std::string hostname;
  std::optional<uint16_t> port;
  std::optional<PathRewrite> path;

  bool operator==(const Redirect&) const = default;
};

// Answers by itself.
struct Answer {
  uint16_t status = 500;

  bool operator==(const Answer&) const = default;
};

// One match of one rule of a route, and what it leads to.
struct Route {
  std::string name;  // "HTTPRoute/shop/checkout/rule/0/match/1": in logs and in explain.
  Source source;
  Match match;
  std::variant<Forward, Redirect, Answer> action;
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  std::optional<Cors> cors;
  Policies policies;  // Of the rule or the whole route.

  // What decides between equal matches.
  absl::Time created = absl::InfiniteFuture();  // Future: not known.
  uint32_t rule = 0;
  uint32_t match_index = 0;

  bool operator==(const Route&) const = default;
};

// True if `a` is to be tried before `b` on the same host: Gateway API's order. Exact path, then
// regular expression, then the longer prefix; a method; more headers; more query parameters; the
// older object; then by name; then in the order of the object's own rules. It is a strict total
// order over the routes of a Gateway.
bool Precedes(const Route& a, const Route& b);

}  // namespace sluice::ir
