// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/credential_table.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::access {
namespace {

using Names = std::vector<std::string>;

TEST(CredentialTableTest, TokenGivesItsGateways) {
  CredentialTable table(Audience::kProxies);
  ASSERT_EQ(table.Parse("# who\n\n"
                        "token 0123456789abcdef shop/edge bank/edge\n"
                        "token fedcba9876543210 *\n"),
            "");
  const auto identity = table.FindToken(DigestOf("0123456789abcdef"));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->gateways, (Names{"shop/edge", "bank/edge"}));
  EXPECT_FALSE(identity->every_gateway);
  EXPECT_FALSE(identity->may_write);
  EXPECT_EQ(identity->proof, "token");
  EXPECT_EQ(identity->name, "token of line 3");
  EXPECT_TRUE(table.FindToken(DigestOf("fedcba9876543210"))->every_gateway);
  EXPECT_FALSE(table.FindToken(DigestOf("0123456789abcdeg")).has_value());
  EXPECT_FALSE(table.FindToken(DigestOf("0123456789abcde")).has_value());
  EXPECT_FALSE(table.FindToken(DigestOf("")).has_value());
}

TEST(CredentialTableTest, TokenGivesAnOperatorsRole) {
  CredentialTable table(Audience::kOperators);
  ASSERT_EQ(table.Parse("token a-token-of-the-ci-job ci write\n"
                        "token a-token-of-dashboards dash read\n"
                        "certificate spiffe://acme/ops ops write\n"),
            "");
  EXPECT_EQ(table.FindToken(DigestOf("a-token-of-the-ci-job"))->name, "ci");
  EXPECT_TRUE(table.FindToken(DigestOf("a-token-of-the-ci-job"))->may_write);
  EXPECT_FALSE(table.FindToken(DigestOf("a-token-of-dashboards"))->may_write);
  EXPECT_EQ(table.FindCertificate({"localhost", "spiffe://acme/ops"})->name, "ops");
  EXPECT_FALSE(table.FindCertificate({"spiffe://acme"}).has_value());
}

TEST(CredentialTableTest, CertificateIsFoundByItsNames) {
  CredentialTable table(Audience::kProxies);
  ASSERT_EQ(table.Parse("certificate edge.example.com shop/edge\n"), "");
  EXPECT_TRUE(table.has_certificates());
  EXPECT_EQ(table.FindCertificate({"other", "edge.example.com"})->gateways, Names{"shop/edge"});
  EXPECT_FALSE(table.FindCertificate({"other"}).has_value());
  EXPECT_FALSE(table.FindCertificate({}).has_value());
}

TEST(CredentialTableTest, SpiffeIdNamesItsGateway) {
  const CredentialTable table(Audience::kProxies);
  const auto identity = table.FindCertificate({"spiffe://corp/ns/shop/gateway/edge"});
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->gateways, Names{"shop/edge"});
  EXPECT_EQ(identity->proof, "certificate");
  for (const char* other :
       {"spiffe://corp/ns/shop/sa/edge", "spiffe://corp/ns//gateway/edge",
        "spiffe://corp/ns/shop/gateway/edge/x", "spiffe://corp/x/ns/shop/gateway/edge",
        "spiffe://corp/ns/shop/gateway/", "spiffe:///ns/shop/gateway/edge",
        "https://corp/ns/shop/gateway/edge"}) {
    EXPECT_FALSE(table.FindCertificate({other}).has_value()) << other;
  }
}

TEST(CredentialTableTest, ProxysSpiffeIdMakesNoOperator) {
  const CredentialTable table(Audience::kOperators);
  EXPECT_FALSE(table.FindCertificate({"spiffe://corp/ns/shop/gateway/edge"}).has_value());
}

// Wherever a secret may have slipped to in its line, the message does not show it.
TEST(CredentialTableTest, BadLineIsNamedAndItsSecretIsNot) {
  const struct {
    Audience audience;
    const char* text;
    const char* error;
  } kCases[] = {
      {Audience::kProxies, "\n0123456789abcdef a/b", "line 2: does not start with token or"},
      {Audience::kProxies, "token 0123456789abcdef", "line 1: must be: token VALUE NAMESPACE"},
      {Audience::kProxies, "token short a/b", "line 1: the token is shorter than 16"},
      {Audience::kProxies, "token a/b 0123456789abcdef", "line 1: word 3 is not NAMESPACE/GATEWAY"},
      {Audience::kProxies, "token 0123456789abcdef a/b/c", "line 1: word 3 is not NAMESPACE"},
      {Audience::kProxies, "token 0123456789abcdef a/b\ntoken 0123456789abcdef c/d",
       "line 2: repeats a token"},
      {Audience::kProxies, "certificate x a/b\ncertificate x c/d", "line 2: names \"x\" a second"},
      {Audience::kOperators, "token 0123456789abcdef ci", "line 1: must be: token VALUE NAME"},
      {Audience::kOperators, "token ci write 0123456789abcdef", "line 1: does not end with read"},
      {Audience::kOperators, "token a-token-of-the-ci-job ci write\nguest x y read",
       "line 2: does not start with"},
  };
  for (const auto& c : kCases) {
    CredentialTable table(c.audience);
    const std::string error = table.Parse(c.text);
    EXPECT_EQ(error.find(c.error), 0u) << error;
    EXPECT_EQ(error.find("0123456789abcdef"), std::string::npos) << error;
    EXPECT_TRUE(table.empty());
  }
}

TEST(DigestTest, DoesNotHoldTheToken) {
  const TokenDigest digest = DigestOf("0123456789abcdef");
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_EQ(digest, DigestOf("0123456789abcdef"));
  EXPECT_EQ(digest.find("0123"), std::string::npos);
}

TEST(BearerTokenTest, TakesTheSchemeInAnyCase) {
  EXPECT_EQ(BearerToken("bEaReR abc"), "abc");
  EXPECT_FALSE(BearerToken("Basic abc").has_value());
  EXPECT_FALSE(BearerToken("Bearer ").has_value());
}

}  // namespace
}  // namespace sluice::access
