// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/listener.h"
#include "dataplane/config/route.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/map.h"

namespace sluice::compile {

using HttpFilters = google::protobuf::RepeatedPtrField<
    envoy::extensions::filters::network::http_connection_manager::v3::HttpFilter>;
using FilterOverrides = google::protobuf::Map<std::string, google::protobuf::Any>;

struct CompiledFilters {
  std::vector<config::HttpFilter> filters;  // Without the router, which is always there.
  uint64_t max_request_body_bytes = 0;      // Of a buffer filter; 0 for no limit.
};

// The filters of a connection manager. The last must be the router. A filter that we do not have is
// refused, unless it says that it is optional or is disabled: then it is left out and listed.
absl::StatusOr<CompiledFilters> CompileHttpFilters(const HttpFilters& filters,
                                                   CompileContext& context);

struct CompiledOverrides {
  std::vector<config::FilterOverride> overrides;  // By name.
  std::optional<uint64_t> max_request_body_bytes;
};

// A typed_per_filter_config, plain or wrapped in route.v3.FilterConfig. As above for what we do not
// have.
absl::StatusOr<CompiledOverrides> CompileOverrides(const FilterOverrides& overrides,
                                                   CompileContext& context);

}  // namespace sluice::compile
