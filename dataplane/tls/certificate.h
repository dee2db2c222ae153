// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "dataplane/config/tls.h"
#include "dataplane/tls/boringssl.h"

namespace sluice::tls {

// One of the names that a certificate carries.
struct SubjectAltName {
  enum class Type : uint8_t { kDns, kUri, kIp, kEmail };
  Type type;
  std::string value;  // For kIp the address in text.
};

// A chain with its key, ready to be presented.
struct LoadedCertificate {
  bssl::UniquePtr<SSL_CREDENTIAL> credential;
  std::vector<std::string> dns_names;  // Of the leaf, for the choice by server name.
  std::string warning;                 // "certificate \"x\" expired at ..."; empty if all is well.
};

// The certificates of `pem`, in order. Errors name the block: "block 2 is no certificate: ...".
absl::StatusOr<std::vector<bssl::UniquePtr<X509>>> ParseCertificates(std::string_view pem);

// Checks that the key belongs to the first certificate and is strong enough.
// Errors: kInvalidArgument, naming the certificate and what is wrong.
absl::StatusOr<LoadedCertificate> LoadCertificate(const config::TlsCertificate& certificate,
                                                  const base::Clock& clock);

// The subject alternative names of `certificate` of the four kinds above. One that holds a NUL or
// another control byte is left out: it is never what it seems (CVE-2009-2408 and its heirs).
std::vector<SubjectAltName> SubjectAltNames(const X509* certificate);

// The subject, as one line of RFC 2253.
std::string SubjectOf(const X509* certificate);

}  // namespace sluice::tls
