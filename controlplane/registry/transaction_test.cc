// SPDX-License-Identifier: Apache-2.0
#include "controlplane/registry/transaction.h"

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::registry {
namespace {

using ::testing::HasSubstr;

manifest::ObjectKey Route(std::string name) { return {"HTTPRoute", "shop", std::move(name)}; }

TEST(CheckTransactionTest, SmallOnePasses) {
  Transaction transaction;
  transaction.puts = {{Route("a"), "{}", {}}};
  transaction.deletes = {Route("b")};
  transaction.preconditions = {{Route("c"), 3}};
  EXPECT_TRUE(CheckTransaction(transaction, Limits()).ok());
}

TEST(CheckTransactionTest, ObjectOverTheLimitIsNamedWithBothSizes) {
  Transaction transaction;
  transaction.puts = {{Route("a"), std::string(11, 'x'), {}}};
  const absl::Status status = CheckTransaction(transaction, {.max_object_bytes = 10});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("HTTPRoute shop/a"));
  EXPECT_THAT(status.message(), HasSubstr("11"));
  EXPECT_THAT(status.message(), HasSubstr("10"));
}

TEST(CheckTransactionTest, KeyWrittenTwiceIsRefused) {
  Transaction transaction;
  transaction.puts = {{Route("a"), "{}", {}}};
  transaction.deletes = {Route("a")};
  EXPECT_THAT(CheckTransaction(transaction, Limits()).message(), HasSubstr("written twice"));
}

TEST(CheckTransactionTest, KeysThatCannotBeAddressedAreRefused) {
  for (const manifest::ObjectKey& key :
       {manifest::ObjectKey{"", "shop", "a"}, manifest::ObjectKey{"HTTPRoute", "shop", ""},
        manifest::ObjectKey{"HTTPRoute", "a/b", "c"}, Route(std::string(254, 'n')),
        Route(std::string("a\0b", 3))}) {
    Transaction put;
    put.puts = {{key, "{}", {}}};
    EXPECT_EQ(CheckTransaction(put, Limits()).code(), absl::StatusCode::kInvalidArgument);
    Transaction precondition;
    precondition.preconditions = {{key, 1}};
    EXPECT_EQ(CheckTransaction(precondition, Limits()).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(CheckTransactionTest, TotalsAreBounded) {
  Transaction transaction;
  transaction.puts = {{Route("a"), "123456", {}}, {Route("b"), "123456", {}}};
  EXPECT_TRUE(CheckTransaction(transaction, {.max_transaction_bytes = 12}).ok());
  EXPECT_FALSE(CheckTransaction(transaction, {.max_transaction_bytes = 11}).ok());
  EXPECT_FALSE(CheckTransaction(transaction, {.max_transaction_operations = 1}).ok());
  transaction.message = std::string(5000, 'm');
  EXPECT_FALSE(CheckTransaction(transaction, Limits()).ok());
}

}  // namespace
}  // namespace sluice::registry
