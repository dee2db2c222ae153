// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sluice::access {

// A file that make_test_certificates.sh wrote, by its name: "ca.pem", "server.key".
std::string ReadTestFile(const std::string& name);

}  // namespace sluice::access
