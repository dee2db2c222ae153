// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/config/route.h"

namespace re2 {
class RE2;
}

namespace sluice::filters {

// Which pages of other origins may call a route, and what their browsers are told (the Fetch
// standard's CORS protocol). Lists are as they go into the header: joined by ", ", or "*".
struct CorsSettings {
  std::vector<config::StringMatch> allow_origins;
  std::string allow_methods;
  std::string allow_headers;
  std::string expose_headers;
  std::string max_age;  // Seconds.
  bool allow_credentials = false;
  bool allow_private_network = false;
  // A preflight from another origin goes to the upstream; else it is answered with 200 and no
  // permission.
  bool forward_other_preflights = true;
};

// CorsSettings whose origins are ready to be matched: the route's configuration of the filter.
//
// Thread:   immutable; any.
// Errors:   Make names the origin whose regex is not valid or too large.
class CorsPolicy final : public config::FilterConfig {
 public:
  static absl::StatusOr<std::shared_ptr<const CorsPolicy>> Make(CorsSettings settings);
  ~CorsPolicy() override;

  const CorsSettings& settings() const { return settings_; }

  // Whether pages of `origin` may. A matcher that accepts "*" accepts all (Envoy).
  bool Allows(std::string_view origin) const;

 private:
  explicit CorsPolicy(CorsSettings settings);
  bool Matches(size_t index, std::string_view origin) const;

  const CorsSettings settings_;
  std::vector<std::unique_ptr<const re2::RE2>> regexes_;  // By position; null for other kinds.
  bool any_ = false;
};

// The chain's configuration: the filter is there; what it does is each route's to say.
class CorsEnabled final : public config::FilterConfig {};

}  // namespace sluice::filters
