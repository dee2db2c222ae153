// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/access_log.h"
#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace sluice::compile {

// File, stdout and stderr logs. /dev/stdout and /dev/stderr are the streams, as with Envoy.
absl::StatusOr<std::vector<std::shared_ptr<const config::AccessLog>>> CompileAccessLogs(
    const google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog>& logs,
    CompileContext& context);

}  // namespace sluice::compile
