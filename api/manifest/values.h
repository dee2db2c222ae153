// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::manifest {

// The values that Kubernetes writes as strings, read and written. Errors are sentences without a
// subject ("must be ..."), to stand behind a field path.

// Gateway API's durations (GEP-2257): one to four of <1 to 5 digits><h|m|s|ms>, so never negative
// and never finer than a millisecond. The unit of a lone "0" may be left out.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// Canonical: "1h30m", "1m30s500ms", "0s". Finer parts are dropped.
std::string WriteDuration(absl::Duration duration);

google::protobuf::Duration ToProto(absl::Duration duration);
absl::Duration FromProto(const google::protobuf::Duration& duration);

// Kubernetes quantities that are whole: digits, perhaps with a fraction, perhaps with a suffix
// k M G T P E or Ki Mi Gi Ti Pi Ei, up to 2^63-1.
absl::StatusOr<int64_t> ParseQuantity(std::string_view text);
// Canonical: with the largest binary suffix that divides the value, else bare.
std::string WriteQuantity(int64_t value);

// RFC 3339.
absl::StatusOr<google::protobuf::Timestamp> ParseTimestamp(std::string_view text);
// In UTC, with as many digits of a second as needed.
std::string WriteTimestamp(const google::protobuf::Timestamp& time);

}  // namespace sluice::manifest
