// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/tls.h"
#include "dataplane/config/listener.h"
#include "envoy/config/listener/v3/listener.pb.h"

namespace sluice::compile {

// A listener that waits for what it names: FilterChain::tls lacks the chain's secrets, and
// HttpConnection::router is null where RDS brings the table (HttpConnection::route_table_name).
struct CompiledListener {
  config::Listener listener;
  // Of each of listener.filter_chains, then of default_filter_chain if there is one.
  std::vector<SecretRefs> chain_secrets;

  // All that it names, each sorted and once.
  std::vector<std::string> route_tables;
  std::vector<std::string> secrets;
  std::vector<std::string> clusters;  // Of inline tables.
  bool needs_consumers = false;       // The same.
};

// A Listener resource.
absl::StatusOr<CompiledListener> CompileListener(
    const envoy::config::listener::v3::Listener& listener, std::string_view version,
    CompileContext& context);

}  // namespace sluice::compile
