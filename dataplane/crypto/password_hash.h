// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace sluice::crypto {

// Whether `password` has `hash`, as htpasswd writes it: bcrypt ($2a$, $2b$, $2y$), by the machine's
// libcrypt, or {SHA}, the unsalted SHA-1 of old files. Slow by design: milliseconds to seconds.
//
// Thread: any; not a worker's.
// Errors: false for a hash of another kind, a broken one, and a password with a NUL. bcrypt looks
// at
//         72 bytes of a password.
// Limits: 32 KiB of memory during the call.
[[nodiscard]] bool HasPasswordHash(const std::string& password, const std::string& hash);

}  // namespace sluice::crypto
