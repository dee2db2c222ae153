// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/test_files.h"

#include <fstream>
#include <sstream>

namespace sluice::access {

std::string ReadTestFile(const std::string& name) {
  const std::ifstream file("controlplane/access/test_" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace sluice::access
