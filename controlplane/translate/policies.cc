// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/policies.h"

#include "controlplane/translate/authorize.h"
#include "controlplane/translate/filter_names.h"
#include "controlplane/translate/identify.h"
#include "controlplane/translate/limit.h"
#include "controlplane/translate/wire.h"
#include "envoy/extensions/filters/http/rbac/v3/rbac.pb.h"
#include "sluice/identity/v1/identify.pb.h"
#include "sluice/limits/v1/limits.pb.h"

namespace sluice::translate {
namespace {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

void AddFilter(const char* name, const google::protobuf::Message& config,
               HttpConnectionManager* to) {
  auto* filter = to->add_http_filters();
  filter->set_name(name);
  Pack(config, filter->mutable_typed_config());
}

}  // namespace

void AddPolicyFilters(const ir::PolicyFilters& filters, HttpConnectionManager* to) {
  // Who it is must be known before what they may do is judged.
  if (filters.identify) AddFilter(kIdentifyFilter, identity::v1::Identify(), to);
  if (filters.authorize) {
    // A denial beats whatever would be allowed, so it is asked first.
    const envoy::extensions::filters::http::rbac::v3::RBAC nothing;
    AddFilter(kDenyFilter, nothing, to);
    AddFilter(kAllowFilter, nothing, to);
  }
  // Requests that are refused anyway take nothing from anybody's limit.
  if (filters.limit) AddFilter(kLimitFilter, limits::v1::Limit(), to);
}

void SetPolicies(const ir::Policies& policies,
                 google::protobuf::Map<std::string, google::protobuf::Any>* per_filter) {
  if (policies.identify) {
    Pack(TranslateIdentify(*policies.identify), &(*per_filter)[kIdentifyFilter]);
  }
  if (policies.authorize) {
    // Both, even where one has no rules: else what a wider place says would come back in its stead.
    Pack(TranslateDeny(*policies.authorize), &(*per_filter)[kDenyFilter]);
    Pack(TranslateAllow(*policies.authorize), &(*per_filter)[kAllowFilter]);
  }
  if (policies.rate_limit) {
    Pack(TranslateLimit(*policies.rate_limit), &(*per_filter)[kLimitFilter]);
  }
}

}  // namespace sluice::translate
