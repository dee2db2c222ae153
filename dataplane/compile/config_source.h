// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/reference.h"
#include "envoy/config/core/v3/config_source.pb.h"

namespace sluice::compile {

// Who serves, by a ConfigSource: the aggregated stream (`self` means it too, as no other server
// sends what refers), a server of its own, or a file. Whether the cluster is there is not looked
// at. Errors: kInvalidArgument, if ADS is meant and the options have none, or for REST.
absl::StatusOr<ResourceSource> ReadConfigSource(const envoy::config::core::v3::ConfigSource& source,
                                                std::string_view field,
                                                const CompileContext& context);

// Takes note in the context that the resource refers to `name`.
absl::Status Refer(Reference::Kind kind, std::string_view name,
                   const envoy::config::core::v3::ConfigSource& source, std::string_view field,
                   CompileContext& context);

}  // namespace sluice::compile
