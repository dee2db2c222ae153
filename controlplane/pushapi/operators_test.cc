// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/operators.h"

#include "gtest/gtest.h"

namespace sluice::pushapi {
namespace {

constexpr char kText[] =
    "# who may push\n"
    "token a-token-of-the-ci-job ci write\n"
    "\n"
    "token a-token-of-dashboards dash read\n"
    "certificate spiffe://acme/ops ops write\n";

TEST(OperatorTableTest, FindsByTokenWithTheRoleOfItsLine) {
  OperatorTable table;
  ASSERT_EQ(table.Parse(kText), "");
  ASSERT_TRUE(table.FindToken("a-token-of-the-ci-job").has_value());
  EXPECT_EQ(table.FindToken("a-token-of-the-ci-job")->name, "ci");
  EXPECT_TRUE(table.FindToken("a-token-of-the-ci-job")->may_write);
  EXPECT_FALSE(table.FindToken("a-token-of-dashboards")->may_write);
  EXPECT_FALSE(table.FindToken("a-token-of-dashboard").has_value());
}

TEST(OperatorTableTest, FindsByAnyNameOfACertificate) {
  OperatorTable table;
  ASSERT_EQ(table.Parse(kText), "");
  ASSERT_TRUE(table.FindCertificate({"localhost", "spiffe://acme/ops"}).has_value());
  EXPECT_FALSE(table.FindCertificate({"spiffe://acme"}).has_value());
}

TEST(OperatorTableTest, NamesTheLineThatIsWrongAndNeverTheSecret) {
  OperatorTable table;
  const std::string error = table.Parse("token a-token-of-the-ci-job ci admin\n");
  EXPECT_EQ(error, "line 1: ends with \"admin\": must be read or write");
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.Parse("\ntoken guessable ci read\n").find("guessable"), std::string::npos);
}

TEST(OperatorTableTest, ForgetsAllOfATextThatIsWrong) {
  OperatorTable table;
  EXPECT_NE(table.Parse(std::string(kText) + "guest\n"), "");
  EXPECT_TRUE(table.empty());
}

TEST(BearerTokenTest, TakesTheSchemeInAnyCase) {
  EXPECT_EQ(BearerToken("bEaReR abc"), "abc");
  EXPECT_FALSE(BearerToken("Basic abc").has_value());
  EXPECT_FALSE(BearerToken("Bearer ").has_value());
}

}  // namespace
}  // namespace sluice::pushapi
