// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::certificate {

// What there is to say of a certificate chain and its private key, both PEM.
struct KeyPair {
  enum class Part : uint8_t { kChain, kKey };

  // A sentence on why a proxy will refuse the pair, without a full stop; empty: it will not.
  std::string problem;
  Part part = Part::kChain;  // What the problem is about.
  // Of the leaf, where there is no problem.
  absl::Time not_before = absl::InfinitePast();
  absl::Time not_after = absl::InfiniteFuture();
};

// Looks at a pair as dataplane/tls does: the chain is certificates and nothing else but keys, the
// key is not encrypted and strong enough, and belongs to the first certificate. Besides: it is of a
// kind that BoringSSL has, where OpenSSL has more.
//
// Thread: any; no state.
KeyPair InspectKeyPair(std::string_view chain_pem, std::string_view key_pem);

}  // namespace sluice::certificate
