// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/cluster.h"
#include "envoy/config/cluster/v3/cluster.pb.h"

namespace sluice::compile {

// What a cluster's HTTP options say of its TLS.
struct UpstreamNames {
  bool auto_sni = false;
  bool auto_san_validation = false;
};

// Protocol, codec options and connection times, from typed_extension_protocol_options or else from
// the older fields of the cluster.
absl::Status CompileUpstreamHttp(const envoy::config::cluster::v3::Cluster& cluster,
                                 config::Cluster& out, UpstreamNames& names,
                                 CompileContext& context);

}  // namespace sluice::compile
