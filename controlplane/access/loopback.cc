// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/loopback.h"

namespace sluice::access {

bool IsLoopback(std::string_view address) {
  if (address.starts_with("unix:")) return true;
  if (address.starts_with("[::1]")) return address.size() == 5 || address[5] == ':';
  if (address == "::1") return true;
  const std::string_view host = address.substr(0, address.find(':'));
  if (host == "localhost") return true;
  // Digits and dots only, so that 127.0.0.1.example.com is not taken for an address.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace sluice::access
