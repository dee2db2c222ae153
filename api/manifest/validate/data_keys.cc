// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/validate/data_keys.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::manifest {

std::string CheckDataKey(std::string_view key) {
  const bool is_name = std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
  if (is_name && key.size() <= 253 && key != "." && !key.starts_with("..")) return {};
  return "key must be at most 253 letters, digits, \"-\", \"_\" and \".\", and not start with "
         "\"..\".";
}

std::string TooMuchData(size_t bytes) {
  return absl::StrCat("holds ", bytes, " bytes; at most ", kMaxDataBytes, " are allowed.");
}

}  // namespace sluice::manifest
