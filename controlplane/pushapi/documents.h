// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/manifest/object.h"
#include "google/protobuf/repeated_field.h"
#include "sluice/push/v1/push.pb.h"

namespace sluice::pushapi {

// Reads what a request holds, strictly.
//
// Thread:   safe from any; no state.
// Errors:   kInvalidArgument with a Rejection of all problems; an object that two documents hold is
//           one.
// Limits:   manifest::ReadLimits for each document.
absl::StatusOr<std::vector<manifest::Object>> ReadDocuments(
    const google::protobuf::RepeatedPtrField<push::v1::Document>& documents,
    std::string_view default_namespace);

// The kind's own name for "HTTPRoute", "httproute" or "httproutes". Errors: kInvalidArgument, with
// the nearest name.
absl::StatusOr<std::string> ReadKind(std::string_view name);

// A key as a request names it: kind as ReadKind, namespace "default" if it has none.
absl::StatusOr<manifest::ObjectKey> ReadKey(const push::v1::ObjectKey& key);

}  // namespace sluice::pushapi
