// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/credentials.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::rpc {
namespace {

using Names = std::vector<std::string>;

TEST(CredentialTableTest, TokenGivesItsGateways) {
  CredentialTable table;
  ASSERT_EQ(table.Parse("# who\n\n"
                        "token 0123456789abcdef shop/edge bank/edge\n"
                        "token fedcba9876543210 *\n"),
            "");
  const auto peer = table.FindToken("0123456789abcdef");
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->groups, (Names{"shop/edge", "bank/edge"}));
  EXPECT_FALSE(peer->any_group);
  EXPECT_EQ(peer->proof, "token");
  EXPECT_EQ(peer->principal, "token of line 3");
  EXPECT_TRUE(table.FindToken("fedcba9876543210")->any_group);
  EXPECT_FALSE(table.FindToken("0123456789abcdeg").has_value());
  EXPECT_FALSE(table.FindToken("0123456789abcde").has_value());
  EXPECT_FALSE(table.FindToken("").has_value());
}

TEST(CredentialTableTest, CertificateIsFoundByItsNames) {
  CredentialTable table;
  ASSERT_EQ(table.Parse("certificate edge.example.com shop/edge\n"), "");
  EXPECT_EQ(table.FindCertificate({"other", "edge.example.com"})->groups, Names{"shop/edge"});
  EXPECT_FALSE(table.FindCertificate({"other"}).has_value());
  EXPECT_FALSE(table.FindCertificate({}).has_value());
}

TEST(CredentialTableTest, SpiffeIdNamesItsGateway) {
  const CredentialTable table;
  const auto peer = table.FindCertificate({"spiffe://corp/ns/shop/gateway/edge"});
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->groups, Names{"shop/edge"});
  EXPECT_EQ(peer->proof, "certificate");
  for (const char* other :
       {"spiffe://corp/ns/shop/sa/edge", "spiffe://corp/ns//gateway/edge",
        "spiffe://corp/ns/shop/gateway/edge/x", "spiffe://corp/x/ns/shop/gateway/edge",
        "spiffe://corp/ns/shop/gateway/", "spiffe:///ns/shop/gateway/edge",
        "https://corp/ns/shop/gateway/edge"}) {
    EXPECT_FALSE(table.FindCertificate({other}).has_value()) << other;
  }
}

TEST(CredentialTableTest, BadLineIsNamedAndItsSecretIsNot) {
  const struct {
    const char* text;
    const char* error;
  } kCases[] = {
      {"\npassword 0123456789abcdef a/b", "line 2: starts with \"password\""},
      {"token 0123456789abcdef", "line 1: must be: token VALUE"},
      {"token short a/b", "line 1: the token is shorter than 16"},
      {"token 0123456789abcdef edge", "line 1: \"edge\" is not NAMESPACE/GATEWAY"},
      {"token 0123456789abcdef a/b/c", "line 1: \"a/b/c\" is not NAMESPACE/GATEWAY"},
      {"token 0123456789abcdef a/b\ntoken 0123456789abcdef c/d", "line 2: repeats a token"},
      {"certificate x a/b\ncertificate x c/d", "line 2: names \"x\" a second time"},
  };
  for (const auto& c : kCases) {
    CredentialTable table;
    const std::string error = table.Parse(c.text);
    EXPECT_EQ(error.find(c.error), 0u) << error;
    EXPECT_EQ(error.find("0123456789abcdef"), std::string::npos) << error;
    EXPECT_FALSE(table.has_tokens());
  }
}

TEST(IsLoopbackTest, OnlyThisMachine) {
  for (const char* address : {"127.0.0.1:15010", "127.9.9.9:0", "localhost:1", "[::1]:15010", "::1",
                              "unix:/run/sluice.sock"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"0.0.0.0:15010", "[::]:15010", "10.0.0.1:1", "127.example.com:1", "127.0.0.1.example.com:1",
        "localhost.example.com:1", "", ":15010", "[::10]:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

}  // namespace
}  // namespace sluice::rpc
