// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/boringssl.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace sluice::tls {

std::string TakeError(std::string_view otherwise) {
  const uint32_t error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  if (reason == nullptr) return std::string(otherwise);
  return absl::StrReplaceAll(absl::AsciiStrToLower(reason), {{"_", " "}});
}

}  // namespace sluice::tls
