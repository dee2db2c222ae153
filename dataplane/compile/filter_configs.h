// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "dataplane/config/route.h"

namespace sluice::compile {

// FilterConfigs remembers the compiled configurations of filters that are in use, so that a hundred
// routes with one policy hold it once, and a table that comes again with the same policy keeps what
// workers remember by it (tokens, passwords).
//
// Thread:   one.
// Lifetime: does not keep a configuration alive.
// Limits:   the bytes of each configuration that is alive, and as many again before they are swept.
class FilterConfigs {
 public:
  // What was made of these bytes; null if nothing is alive.
  std::shared_ptr<const config::FilterConfig> Find(std::string_view type,
                                                   std::string_view bytes) const;
  void Put(std::string_view type, std::string_view bytes,
           const std::shared_ptr<const config::FilterConfig>& config);

  size_t size() const { return configs_.size(); }  // Dead ones included.

 private:
  static constexpr size_t kFirstSweep = 64;

  absl::flat_hash_map<std::string, std::weak_ptr<const config::FilterConfig>> configs_;
  size_t sweep_at_ = kFirstSweep;
};

}  // namespace sluice::compile
