// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::resolve {

// Host names as listeners and routes give them: "a.example", "*.example" (one or more labels in
// place of the star), or empty for any. Valid alone and in lower case.

// True if every host that `narrow` matches is matched by `wide`.
bool Covers(std::string_view wide, std::string_view narrow);

// What both match, if there is any such host: one of the two.
std::optional<std::string> Intersect(std::string_view a, std::string_view b);

}  // namespace sluice::resolve
