// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/config/tls.h"

namespace sluice::tls {

// A certificate that a test made up, with its key; P-256 throughout.
struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;

  // As configuration, with the chain `certificate_pem` + `issuers`.
  config::TlsCertificate Config(std::string name, const std::string& issuers = "") const;
};

struct TestCertificateOptions {
  std::string common_name = "test";
  std::vector<std::string> dns = {};  // May hold NULs.
  std::vector<std::string> uris = {};
  std::vector<std::string> ips = {};  // Dotted or colon form.
  bool ca = false;
  // Relative to now.
  int64_t begin_s = -3600;
  int64_t end_s = 24 * 3600;
  // An extended key usage by its short name ("clientAuth"); empty for none.
  std::string key_usage = {};
  uint64_t serial = 0;  // 0: the next unused one.
};

// Signed by `issuer`, or by itself if null.
TestCertificate MakeTestCertificate(const TestCertificateOptions& options,
                                    const TestCertificate* issuer = nullptr);

// A CRL of `issuer` that revokes these serial numbers.
std::string MakeTestCrl(const TestCertificate& issuer, const std::vector<uint64_t>& serials);

}  // namespace sluice::tls
