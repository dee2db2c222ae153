// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dataplane/config/header_edit.h"
#include "dataplane/config/retry.h"
#include "dataplane/config/string_match.h"

namespace sluice::config {

// The compiled configuration of one filter for one route, virtual host or chain. Each filter
// derives its own (filters/<name>/config.h).
class FilterConfig : public std::enable_shared_from_this<FilterConfig> {
 public:
  virtual ~FilterConfig() = default;
};

// One filter's override on a route, virtual host or weighted cluster.
struct FilterOverride {
  std::string filter_name;                     // As in the HTTP connection manager's list.
  std::shared_ptr<const FilterConfig> config;  // Null: none, see `disabled`.
  bool disabled = false;
};

struct PathMatch {
  enum class Kind : uint8_t {
    kExact,
    kPrefix,         // Envoy's: any string prefix.
    kSegmentPrefix,  // Gateway API's PathPrefix: /a matches /a and /a/b, not /ab.
    kRegex,          // RE2 on the whole path, without the query.
    kAny
  };
  Kind kind = Kind::kAny;
  std::string value;
  bool ignore_case = false;
};

struct HeaderMatch {
  std::string name;  // Lower case; ":method" and other pseudo-headers too.
  StringMatch match;
  bool invert = false;
  bool missing_is_empty = false;
  // Integer range [first, second); set for a range match instead of `match`.
  std::optional<std::pair<int64_t, int64_t>> range;
};

struct QueryMatch {
  std::string name;
  StringMatch match;
};

struct RouteMatch {
  PathMatch path;
  std::vector<HeaderMatch> headers;
  std::vector<QueryMatch> query;
  std::vector<HeaderMatch> cookies;  // By cookie name.
  bool grpc_only = false;
  uint32_t fraction_per_million = 1'000'000;
};

struct WeightedCluster {
  std::string cluster;
  uint32_t weight = 1;
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  std::string host_rewrite;  // Empty for none.
  std::vector<FilterOverride> overrides;
};

struct RegexRewrite {
  std::string pattern;
  std::string substitution;  // RE2 syntax: \1.
};

struct MirrorPolicy {
  std::string cluster;
  uint32_t fraction_per_million = 1'000'000;
  bool keep_host = false;  // Else "-shadow" is appended to the host, as Envoy does.
};

struct UpgradeRule {
  std::string protocol;  // Lower case.
  bool enabled = true;
};

// Sends the request on.
struct Forward {
  std::vector<WeightedCluster> clusters;  // One or more; weights sum to at least 1.
  std::string cluster_header;             // If set, `clusters` is empty and this header names it.
  uint16_t cluster_not_found_status = 503;
  std::optional<std::string> prefix_rewrite;  // Replaces the matched prefix (or exact path).
  std::optional<RegexRewrite> regex_rewrite;  // On the path, query excluded.
  std::string host_rewrite;                   // Literal; empty for none.
  bool auto_host_rewrite = false;             // To the endpoint's host name (DNS clusters).
  std::string host_rewrite_header;            // To the value of this header.
  bool append_x_forwarded_host = false;
  int64_t timeout_ms = 15'000;             // Whole response; 0 for none.
  std::optional<int64_t> idle_timeout_ms;  // Overrides the connection manager's stream idle time.
  std::optional<int64_t> max_stream_duration_ms;
  std::optional<int64_t> grpc_timeout_header_max_ms;
  RetryPolicy retry;
  std::vector<MirrorPolicy> mirrors;
  std::vector<UpgradeRule> upgrades;  // Beside the connection manager's.
};

struct Redirect {
  uint16_t status = 301;
  std::string scheme;  // Empty: unchanged.
  std::string host;
  uint32_t port = 0;  // 0: the scheme's own when scheme or host changed, else unchanged.
  std::optional<std::string> path;  // Full path, may hold a query.
  std::optional<std::string> prefix_rewrite;
  std::optional<RegexRewrite> regex_rewrite;
  bool strip_query = false;
};

struct DirectResponse {
  uint16_t status = 200;
  std::string body;
  std::string content_type = "text/plain";
};

struct Route {
  std::string name;  // Of the object and rule it came from: logs, explain.
  RouteMatch match;
  std::variant<Forward, Redirect, DirectResponse> action;
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  std::vector<FilterOverride> overrides;
  std::optional<uint64_t> max_request_body_bytes;
};

struct VirtualHost {
  std::string name;
  std::vector<std::string> domains;  // Exact, "*.suffix", "prefix.*", "*". Lower case.
  std::vector<Route> routes;         // First match wins.
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  std::vector<FilterOverride> overrides;
  enum class RequireTls : uint8_t { kNone, kExternalOnly, kAll };
  RequireTls require_tls = RequireTls::kNone;
  RetryPolicy retry;  // For routes that have none.
  bool include_attempt_count = false;
};

// One RouteConfiguration, before the router indexes it.
struct RouteTable {
  std::string name;
  std::string version;  // As delivered, for logs and admin.
  std::vector<VirtualHost> virtual_hosts;
  HeaderEdits request_edits;
  HeaderEdits response_edits;
  bool ignore_port_in_host = false;
  bool most_specific_edits_win = false;
  std::vector<FilterOverride> overrides;
};

}  // namespace sluice::config
