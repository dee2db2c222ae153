// SPDX-License-Identifier: Apache-2.0
//
// The input is taken for a token, and once more for the header of one. What is accepted has exactly
// one spelling: encoding its parts gives the token back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/log/check.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dataplane/jose/compact_jws.h"

namespace sluice::jose {
namespace {

void Run(std::string_view token) {
  CompactJws jws;
  if (ParseCompactJws(token, kDefaultMaxTokenBytes, jws) != TokenOutcome::kAccepted) return;
  CHECK_LE(token.size(), kDefaultMaxTokenBytes);
  CHECK_LE(jws.signature.size(), crypto::kMaxSignatureBytes);
  const std::string_view header = token.substr(0, token.find('.'));
  CHECK_EQ(jws.signing_input, absl::StrCat(header, ".", absl::WebSafeBase64Escape(jws.payload)));
  CHECK_EQ(token, absl::StrCat(jws.signing_input, ".", absl::WebSafeBase64Escape(jws.signature)));
}

}  // namespace
}  // namespace sluice::jose

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  sluice::jose::Run(input);
  sluice::jose::Run(absl::StrCat(absl::WebSafeBase64Escape(input), ".e30.c2ln"));
  return 0;
}
