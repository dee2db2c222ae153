// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/types/span.h"

namespace sluice::crypto {

// Whether 32 bytes are a public key of Ed25519 that means something: they name a point on the curve
// (RFC 8032 §5.1.3) which is not one of the eight of small order, under which anybody can sign. For
// keys at their import: BoringSSL looks at the point at each verification, and not at its order.
//
// Thread: any. Not for the request path.
[[nodiscard]] bool IsSoundEd25519Point(absl::Span<const uint8_t> encoded);

}  // namespace sluice::crypto
