// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace sluice::sluicectl {

// The lines that differ between two texts, each with up to three lines around it: "-" for a line
// that goes, "+" for one that comes, " " for one that stays; "..." stands for what is left out.
//
// Limits: quadratic in the lines between the texts' common beginning and end; beyond 4,000 of those
//         all of them are shown as gone and come.
std::string DiffLines(std::string_view before, std::string_view after);

}  // namespace sluice::sluicectl
