// SPDX-License-Identifier: Apache-2.0
#include "dataplane/condition/cidr.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::condition {
namespace {

bool Contains(std::string_view network, uint32_t length, std::string_view address) {
  const std::optional<Cidr> cidr = Cidr::Make(network, length);
  const std::optional<IpAddress> ip = ParseIp(address);
  return cidr.has_value() && ip.has_value() && cidr->Contains(*ip);
}

TEST(CidrTest, ComparesAsManyBitsAsItHas) {
  EXPECT_TRUE(Contains("10.0.0.0", 8, "10.255.1.2"));
  EXPECT_FALSE(Contains("10.0.0.0", 8, "11.0.0.0"));
  EXPECT_TRUE(Contains("192.0.2.128", 25, "192.0.2.255"));
  EXPECT_FALSE(Contains("192.0.2.128", 25, "192.0.2.127"));
  EXPECT_TRUE(Contains("192.0.2.1", 32, "192.0.2.1"));
  EXPECT_FALSE(Contains("192.0.2.1", 32, "192.0.2.0"));
  EXPECT_TRUE(Contains("0.0.0.0", 0, "203.0.113.9"));
  EXPECT_TRUE(Contains("2001:db8::", 33, "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains("2001:db8::", 33, "2001:db8:8000::1"));
}

TEST(CidrTest, OneFamilyIsNotTheOther) {
  EXPECT_FALSE(Contains("0.0.0.0", 0, "::1"));
  EXPECT_FALSE(Contains("::", 0, "10.0.0.1"));
}

TEST(CidrTest, AMappedAddressIsTheIpv4Address) {
  EXPECT_TRUE(Contains("10.0.0.0", 8, "::ffff:10.1.2.3"));
  EXPECT_TRUE(Contains("::ffff:10.0.0.0", 104, "10.1.2.3"));
  EXPECT_FALSE(Contains("::ffff:10.0.0.0", 104, "11.1.2.3"));
}

TEST(CidrTest, WhatIsNoNetworkIsRefused) {
  EXPECT_FALSE(Cidr::Make("10.0.0.0", 33).has_value());
  EXPECT_FALSE(Cidr::Make("::", 129).has_value());
  EXPECT_FALSE(Cidr::Make("10.0.0", 8).has_value());
  EXPECT_FALSE(Cidr::Make("", 0).has_value());
}

TEST(CidrTest, WhatIsNoAddressIsNone) {
  for (const std::string_view text :
       {"", "unknown", "10.0.0.1:80", "[::1]", "fe80::1%eth0", "10.0.0.1 ", "010.0.0.1", "1.2.3"}) {
    EXPECT_FALSE(ParseIp(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseIp(std::string_view("10.0.0.1\0x", 10)).has_value());
  EXPECT_FALSE(ParseIp(std::string(100, '1')).has_value());
}

}  // namespace
}  // namespace sluice::condition
