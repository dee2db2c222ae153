// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::xdsserver {

// ContentHash gives the version of a resource: SipHash-2-4 of its bytes under a fixed key.
//
// The same bytes give the same hash in every process and on every replica, which absl::Hash does
// not promise. It tells two versions of one resource apart; it is not a proof against forgery, and
// none is needed: whoever could forge a collision could as well have kept the old bytes.
// Never zero, so that zero can stand for "a version that nobody has".
//
// Thread: any.  Errors: none.
[[nodiscard]] uint64_t ContentHash(std::string_view bytes);

// As ContentHash under a key of the caller's: for tables whose keys an outsider chooses.
[[nodiscard]] uint64_t KeyedHash(uint64_t key0, uint64_t key1, std::string_view bytes);

// The sixteen lower-case hex digits that stand for a hash on the wire.
[[nodiscard]] std::string VersionText(uint64_t hash);

// Reads VersionText back. Zero for any other text: a version that another server gave.
[[nodiscard]] uint64_t VersionFromText(std::string_view text);

}  // namespace sluice::xdsserver
