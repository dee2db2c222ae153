// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "dataplane/config/tls.h"
#include "dataplane/tls/boringssl.h"

namespace sluice::tls {

// A new SSL_CTX with what both sides share: versions, cipher suites, key exchange groups.
// Errors: kInvalidArgument, naming the setting and the value that is not known.
absl::StatusOr<bssl::UniquePtr<SSL_CTX>> NewSslContext(const config::TlsCommon& common);

// The wire form of an ALPN list. Errors: an empty name, or one over 255 bytes.
absl::StatusOr<std::string> EncodeAlpn(absl::Span<const std::string> protocols);

}  // namespace sluice::tls
