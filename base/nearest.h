// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace sluice::base {

// The candidate that a person who typed `name` most likely meant: the one at the smallest edit
// distance (insert, delete, replace, swap of neighbours; case costs nothing), if that is at most
// a third of the name's length, at least one; else one that begins or ends with it, or it with the
// candidate. Else empty. The first of equals wins.
// Names longer than 64 bytes have no neighbours.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace sluice::base
