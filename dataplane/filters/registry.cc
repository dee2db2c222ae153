// SPDX-License-Identifier: Apache-2.0
//
// The one list of filters. A filter is a folder beside this file and a line below.
#include "dataplane/filters/chain/filter.h"
#include "dataplane/filters/cors/cors.h"
#include "dataplane/filters/identify/identify.h"
#include "dataplane/filters/limit/limit.h"
#include "dataplane/filters/rbac/rbac.h"

namespace sluice::filters {
namespace {

constexpr FilterType kTypes[] = {
    {"envoy.extensions.filters.http.cors.v3.Cors", Phase::kConnection, kOnRequest | kOnResponse,
     &CreateCors},
    {"sluice.identity.v1.Identify", Phase::kIdentify, kOnRequest, &CreateIdentify},
    {"envoy.extensions.filters.http.rbac.v3.RBAC", Phase::kAuthorize, kOnRequest, &CreateRbac},
    {"sluice.limits.v1.Limit", Phase::kLimit, kOnRequest | kOnResponse, &CreateLimit},
};

}  // namespace

const FilterType* FindFilterType(std::string_view type) {
  for (const FilterType& known : kTypes) {
    if (known.type == type) return &known;
  }
  return nullptr;
}

}  // namespace sluice::filters
