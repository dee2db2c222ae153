// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace sluice::manifest {

// Appends `text` (UTF-8) as a JSON string, which YAML reads as the same double-quoted scalar.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace sluice::manifest
