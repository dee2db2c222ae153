// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::condition {

// An IP address. An IPv4 address that is written as one of IPv6 (::ffff:192.0.2.1) is the IPv4
// address: a dual-stack socket must not be a way around a rule.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};  // Of IPv4 the first four.
  bool is_v6 = false;

  bool operator==(const IpAddress&) const = default;
};

// A literal without port, brackets or zone; nullopt for anything else. Allocates nothing.
std::optional<IpAddress> ParseIp(std::string_view text);

// A network.
class Cidr {
 public:
  // nullopt if `address` is no literal or has fewer bits than `length`. Bits behind `length` do
  // not count.
  static std::optional<Cidr> Make(std::string_view address, uint32_t length);

  bool Contains(const IpAddress& address) const;

 private:
  Cidr(const IpAddress& network, uint32_t length) : network_(network), length_(length) {}

  IpAddress network_;
  uint32_t length_;
};

}  // namespace sluice::condition
