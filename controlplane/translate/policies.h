// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controlplane/ir/policies.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/map.h"

namespace sluice::translate {

// Lists the filters that a Gateway's policies need: identify, authorize (deny before allow), limit.
// They do nothing where no route, virtual host or table configures them. Those that no policy of
// the Gateway needs are left out, since other proxies than ours do not know them.
void AddPolicyFilters(
    const ir::PolicyFilters& filters,
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager* to);

// What the policies of one place say, as typed_per_filter_config of a route, virtual host or table.
// xDS's rule, that a route's configuration of a filter stands in for its virtual host's, and that
// for the table's, is how the nearest policy wins.
void SetPolicies(const ir::Policies& policies,
                 google::protobuf::Map<std::string, google::protobuf::Any>* per_filter);

}  // namespace sluice::translate
