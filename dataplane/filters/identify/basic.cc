// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/basic.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace sluice::filters {

std::optional<BasicCredential> ParseBasic(std::string_view encoded) {
  std::string decoded;
  if (encoded.size() > kMaxBasicBytes || !absl::Base64Unescape(encoded, &decoded)) return {};
  // One credential has one form: no whitespace, no missing padding, no stray bits.
  if (absl::Base64Escape(decoded) != encoded) return {};
  const size_t colon = decoded.find(':');
  if (colon == std::string::npos) return {};
  const bool has_control = std::any_of(decoded.begin(), decoded.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  if (has_control) return {};
  return BasicCredential{decoded.substr(0, colon), decoded.substr(colon + 1)};
}

}  // namespace sluice::filters
