// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sluice::translate {

// Filters of policies as they stand in a chain, in the order of their phases (policies.h). Routes,
// virtual hosts and tables configure them under these names.
inline constexpr char kIdentifyFilter[] = "sluice.filters.identify";
inline constexpr char kDenyFilter[] = "sluice.filters.authorize.deny";
inline constexpr char kAllowFilter[] = "sluice.filters.authorize.allow";
inline constexpr char kLimitFilter[] = "sluice.filters.limit";

}  // namespace sluice::translate
