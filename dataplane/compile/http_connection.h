// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/listener.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace sluice::compile {

struct CompiledHttpConnection {
  // With the router of an inline table; without one, `route_table_name` says what RDS is to bring.
  config::HttpConnection http;
  std::vector<std::string> clusters;  // Named by the inline table; sorted.
};

// `tls` and `port` are the filter chain's and the listener's.
absl::StatusOr<CompiledHttpConnection> CompileHttpConnection(
    const envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager&
        manager,
    bool tls, uint16_t port, CompileContext& context);

}  // namespace sluice::compile
