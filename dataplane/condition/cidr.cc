// SPDX-License-Identifier: Apache-2.0
#include "dataplane/condition/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace sluice::condition {
namespace {

constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr uint32_t kMappedBits = 96;

bool IsMapped(const IpAddress& address) {
  return address.is_v6 &&
         std::equal(std::begin(kMappedPrefix), std::end(kMappedPrefix), address.bytes.begin());
}

IpAddress Unmapped(const IpAddress& address) {
  IpAddress v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

// As it is written.
std::optional<IpAddress> ParseLiteral(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof copy || text.find('\0') != text.npos) return {};
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  IpAddress address;
  if (inet_pton(AF_INET, copy, address.bytes.data()) == 1) return address;
  address.is_v6 = true;
  if (inet_pton(AF_INET6, copy, address.bytes.data()) == 1) return address;
  return {};
}

}  // namespace

std::optional<IpAddress> ParseIp(std::string_view text) {
  std::optional<IpAddress> address = ParseLiteral(text);
  if (address.has_value() && IsMapped(*address)) return Unmapped(*address);
  return address;
}

std::optional<Cidr> Cidr::Make(std::string_view address, uint32_t length) {
  std::optional<IpAddress> network = ParseLiteral(address);
  if (!network.has_value() || length > (network->is_v6 ? 128U : 32U)) return {};
  if (IsMapped(*network) && length >= kMappedBits) {
    return Cidr(Unmapped(*network), length - kMappedBits);
  }
  return Cidr(*network, length);
}

bool Cidr::Contains(const IpAddress& address) const {
  if (address.is_v6 != network_.is_v6) return false;
  const size_t whole = length_ / 8;
  if (std::memcmp(address.bytes.data(), network_.bytes.data(), whole) != 0) return false;
  const uint32_t rest = length_ % 8;
  if (rest == 0) return true;
  const uint8_t mask = static_cast<uint8_t>(0xff << (8 - rest));
  return ((address.bytes[whole] ^ network_.bytes[whole]) & mask) == 0;
}

}  // namespace sluice::condition
