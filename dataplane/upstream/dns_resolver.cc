// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/dns_resolver.h"

namespace sluice::upstream {

namespace {

bool IsIpv6(const std::string& address) { return address.find(':') != std::string::npos; }

}  // namespace

std::vector<std::string> SelectFamily(const std::vector<std::string>& addresses,
                                      config::Cluster::DnsFamily family) {
  using DnsFamily = config::Cluster::DnsFamily;
  std::vector<std::string> v4, v6;
  for (const std::string& address : addresses) (IsIpv6(address) ? v6 : v4).push_back(address);
  switch (family) {
    case DnsFamily::kV4Only:
      return v4;
    case DnsFamily::kV6Only:
      return v6;
    case DnsFamily::kAuto:
      return v6.empty() ? v4 : v6;
    case DnsFamily::kV4Preferred:
      return v4.empty() ? v6 : v4;
    case DnsFamily::kAll:
      return addresses;
  }
  return addresses;
}

}  // namespace sluice::upstream
