// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controlplane/ir/listener.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace sluice::translate {

// How a listener speaks HTTP with its clients, and what it logs.
envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager
ConnectionManager(const ir::Port& port, const ir::Listener& listener);

}  // namespace sluice::translate
