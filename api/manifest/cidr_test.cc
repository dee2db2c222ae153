// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/cidr.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::manifest {
namespace {

std::string Problem(std::string_view text) {
  const absl::StatusOr<Cidr> parsed = ParseCidr(text);
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

TEST(CidrTest, NetworksOfBothFamiliesAreRead) {
  EXPECT_EQ(*ParseCidr("10.0.0.0/8"), (Cidr{"10.0.0.0", 8}));
  EXPECT_EQ(*ParseCidr("0.0.0.0/0"), (Cidr{"0.0.0.0", 0}));
  EXPECT_EQ(*ParseCidr("192.0.2.7/32"), (Cidr{"192.0.2.7", 32}));
  EXPECT_EQ(*ParseCidr("2001:DB8:0::/32"), (Cidr{"2001:db8::", 32}));
  EXPECT_EQ(*ParseCidr("::/0"), (Cidr{"::", 0}));
  EXPECT_EQ(*ParseCidr("2001:db8:8000::/33"), (Cidr{"2001:db8:8000::", 33}));
}

TEST(CidrTest, WhatWasMeantIsNamed) {
  EXPECT_NE(Problem("10.0.0.1/8").find("did you mean \"10.0.0.0/8\"?"), std::string::npos);
  EXPECT_NE(Problem("10.0.0.1").find("did you mean \"10.0.0.1/32\"?"), std::string::npos);
  EXPECT_NE(Problem("2001:db8::1").find("did you mean \"2001:db8::1/128\"?"), std::string::npos);
  EXPECT_NE(Problem("2001:db8::1/64").find("did you mean \"2001:db8::/64\"?"), std::string::npos);
}

TEST(CidrTest, WhatIsNoNetworkIsRefused) {
  for (const char* text : {"", "/8", "10/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129",
                           "10.0.0.0/8/8", "10.0.0.0/ 8", "example.com/8", "::ffff:10.0.0.0/104",
                           "10.0.0.0/+8", "[::]/0", "10.0.0.0/0008"}) {
    EXPECT_NE(Problem(text), "") << text;
  }
}

}  // namespace
}  // namespace sluice::manifest
