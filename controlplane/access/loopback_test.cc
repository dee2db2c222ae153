// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/loopback.h"

#include "gtest/gtest.h"

namespace sluice::access {
namespace {

TEST(IsLoopbackTest, OnlyThisMachine) {
  for (const char* address : {"127.0.0.1:15010", "127.9.9.9:0", "localhost:1", "[::1]:15010", "::1",
                              "unix:/run/sluice.sock"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"0.0.0.0:15010", "[::]:15010", "10.0.0.1:1", "127.example.com:1", "127.0.0.1.example.com:1",
        "localhost.example.com:1", "", ":15010", "[::10]:1", "[::1].example.com:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

}  // namespace
}  // namespace sluice::access
