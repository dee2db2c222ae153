// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/jwks.h"

#include "gtest/gtest.h"

namespace sluice::manifest {
namespace {

TEST(JwksTest, ASetWithAKeyThatIsKnownIsTaken) {
  EXPECT_EQ(CheckJwks(R"({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]})"), "");
  EXPECT_EQ(CheckJwks(R"({"keys": [{"kty": "new"}, {"kty": "RSA"}], "more": 1})"), "");
  EXPECT_EQ(CheckJwks(R"({"keys": [{"kty": "oct", "k": "AA"}]})"), "");
}

TEST(JwksTest, WhatIsMissingIsSaid) {
  EXPECT_NE(CheckJwks("").find("must be JSON"), std::string::npos);
  EXPECT_NE(CheckJwks("{\"keys\": [").find("must be JSON"), std::string::npos);
  for (const char* text : {"[]", "{}", "null", "\"keys\"", "{\"keys\": {}}"}) {
    EXPECT_NE(CheckJwks(text).find("list \"keys\""), std::string::npos) << text;
  }
  EXPECT_NE(CheckJwks("{\"keys\": []}").find("at least one"), std::string::npos);
  EXPECT_NE(CheckJwks("{\"keys\": [1]}").find("keys[0] must be"), std::string::npos);
  EXPECT_NE(CheckJwks("{\"keys\": [{\"kty\": 1}]}").find("keys[0].kty"), std::string::npos);
  EXPECT_NE(CheckJwks("{\"keys\": [{\"kty\": \"new\"}]}").find("EC, OKP, RSA"), std::string::npos);
}

TEST(JwksTest, APrivateKeyIsRefused) {
  EXPECT_NE(CheckJwks(R"({"keys": [{"kty": "EC", "d": "AA"}]})").find("private"),
            std::string::npos);
}

TEST(JwksTest, DepthIsNoTrouble) { EXPECT_NE(CheckJwks(std::string(200'000, '[')), ""); }

}  // namespace
}  // namespace sluice::manifest
