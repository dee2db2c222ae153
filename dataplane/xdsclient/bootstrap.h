// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace sluice::xdsclient {

// Reads an Envoy v3 bootstrap, YAML or JSON.
// Errors: kInvalidArgument, "FILE:LINE: ..." for text, the field's path for what is unknown or of
//         the wrong type.
// Limits: 16 MiB; no aliases, no tags.
absl::StatusOr<envoy::config::bootstrap::v3::Bootstrap> ParseBootstrap(std::string_view text,
                                                                       const std::string& file);

// As ParseBootstrap, from a file.
absl::StatusOr<envoy::config::bootstrap::v3::Bootstrap> ReadBootstrap(const std::string& file);

// How to reach sluice-control, as flags say it.
struct ControlFlags {
  std::string address;  // HOST:PORT
  std::string gateway;  // NS/NAME
  std::string node_id;
  std::string ca_file;    // TLS if set.
  std::string cert_file;  // With key_file: client certificate.
  std::string key_file;
};

// The cluster that the discovery stream goes to where flags name it.
inline constexpr std::string_view kControlCluster = "sluice_control";

// The bootstrap that the flags stand for: one cluster, delta ADS.
absl::StatusOr<envoy::config::bootstrap::v3::Bootstrap> BootstrapFromFlags(
    const ControlFlags& flags);

}  // namespace sluice::xdsclient
