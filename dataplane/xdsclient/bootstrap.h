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
  std::string cert_file;  // With key_file: client certificate; wants ca_file.
  std::string key_file;
};

// The cluster that the discovery stream goes to where flags name it.
inline constexpr std::string_view kControlCluster = "sluice_control";

// The bootstrap that the flags stand for: one cluster, delta ADS.
// Errors: kInvalidArgument, naming the flag.
absl::StatusOr<envoy::config::bootstrap::v3::Bootstrap> BootstrapFromFlags(
    const ControlFlags& flags);

// Gives the cluster of the discovery stream TCP keep-alive (30 s + 4 x 5 s), if the file does not
// say: a control plane whose machine vanished is noticed in 50 s.
//
// Not by HTTP/2 PING: a gRPC server that was not told otherwise takes one in five minutes, and
// closes the connection of who sends more ("too_many_pings"). Servers may ping us, as ours does.
void WatchControlConnection(envoy::config::bootstrap::v3::Bootstrap& bootstrap);

}  // namespace sluice::xdsclient
