// SPDX-License-Identifier: Apache-2.0
//
// Whatever an issuer publishes as its key set, reading it ends in an error that can be printed, or
// in keys that can be asked: each for the algorithms of its label, none of which takes made-up
// signatures.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/log/check.h"
#include "absl/strings/ascii.h"
#include "dataplane/crypto/key_parameters.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/verify/verifying_key_set.h"

namespace sluice::jose {
namespace {

void CheckPrintable(std::string_view text) {
  for (const char c : text) CHECK(absl::ascii_isprint(static_cast<unsigned char>(c))) << text;
}

void AskEach(const VerifyingKeySet& keys) {
  CompactJws jws;
  jws.signing_input = "message";
  jws.signature = std::string(64, 'x');
  for (const KeyLabel& label : keys.labels()) {
    CHECK(!label.algorithms.empty());
    jws.kid = label.kid;
    for (int i = 0; i <= static_cast<int>(crypto::SignatureAlgorithm::kEdDsa); ++i) {
      jws.algorithm = static_cast<crypto::SignatureAlgorithm>(i);
      CHECK(keys.CheckSignature(jws).outcome != TokenOutcome::kAccepted);
    }
  }
}

void Run(std::string_view text) {
  const auto keys = VerifyingKeySet::Parse(text);
  if (!keys.ok()) {
    CheckPrintable(keys.status().message());
    return;
  }
  CHECK_LE((*keys)->labels().size() + (*keys)->skipped().size(), kMaxKeys);
  CHECK_EQ((*keys)->labels().size(), (*keys)->ids().size());
  for (const SkippedKey& skipped : (*keys)->skipped()) CheckPrintable(skipped.reason);
  // A hundred keys of 8192 bits would take the fuzzer's time.
  if ((*keys)->labels().size() <= 4) AskEach(**keys);
}

}  // namespace
}  // namespace sluice::jose

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::jose::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
