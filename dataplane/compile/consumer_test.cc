// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/consumer.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::compile {
namespace {

constexpr char kBcrypt[] = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

class CompileConsumerTest : public testing::Test {
 protected:
  CompileConsumerTest() {
    consumer_.set_name("shop/alice");
    consumer_.add_groups("gold");
    auto* key = consumer_.add_api_keys();
    key->set_sha256(std::string(32, 'x'));
    key->set_expires_at(100);
    auto* password = consumer_.add_passwords();
    password->set_username("alice");
    password->set_hash(kBcrypt);
    consumer_.add_tokens()->set_subject("s");
    consumer_.add_certificate_names("spiffe://x/alice");
  }
  absl::StatusOr<std::shared_ptr<const config::Consumer>> Compile() {
    return CompileConsumer(consumer_, context_);
  }
  std::string Refusal() { return std::string(Compile().status().message()); }

  identity::v1::Consumer consumer_;
  const CompileOptions options_;
  CompileContext context_{options_};
};

TEST_F(CompileConsumerTest, IsTakenOver) {
  const auto consumer = Compile();
  ASSERT_TRUE(consumer.ok()) << consumer.status();
  EXPECT_EQ((*consumer)->name(), "shop/alice");
  EXPECT_EQ((*consumer)->groups()[0], "gold");
  EXPECT_EQ((*consumer)->api_keys()[0].hash[31], 'x');
  EXPECT_EQ((*consumer)->api_keys()[0].expires_at_s, 100);
  EXPECT_EQ((*consumer)->passwords()[0].hash, kBcrypt);
  EXPECT_EQ((*consumer)->tokens()[0].subject, "s");
  EXPECT_EQ((*consumer)->certificate_names()[0], "spiffe://x/alice");
}

TEST_F(CompileConsumerTest, AHashOfAnotherSizeIsRefused) {
  consumer_.mutable_api_keys(0)->set_sha256("short-secret");
  EXPECT_EQ(Refusal(), "consumer \"shop/alice\": api_keys[0].sha256: has 12 bytes: wants 32");
}

// CP-05: what is refused is named, not shown.
TEST_F(CompileConsumerTest, Cp05AnErrorShowsNoHash) {
  consumer_.mutable_passwords(0)->set_hash("plain-secret");
  EXPECT_EQ(Refusal(),
            "consumer \"shop/alice\": passwords[0].hash: is no bcrypt hash and no {SHA} hash");
}

TEST_F(CompileConsumerTest, NamesAreOfANamespace) {
  for (const std::string name : {"", "alice", "/alice", "shop/"}) {
    consumer_.set_name(name);
    EXPECT_NE(Refusal().find("is no NAMESPACE/NAME"), std::string::npos) << name;
  }
}

TEST_F(CompileConsumerTest, WhatCouldNotBeFoundIsRefused) {
  consumer_.mutable_passwords(0)->set_username("a:b");
  EXPECT_NE(Refusal().find("passwords[0].username"), std::string::npos);
  consumer_.mutable_passwords(0)->set_username("a");
  consumer_.mutable_tokens(0)->set_subject("");
  EXPECT_NE(Refusal().find("tokens[0].subject"), std::string::npos);
  consumer_.mutable_tokens(0)->set_subject("s");
  consumer_.add_groups("");
  EXPECT_NE(Refusal().find("groups: one is empty"), std::string::npos);
}

TEST_F(CompileConsumerTest, IsBounded) {
  for (int i = 0; i < 256; ++i) consumer_.add_groups("g");
  EXPECT_NE(Refusal().find("groups: 257 of them: at most 255"), std::string::npos);
  consumer_.clear_groups();
  consumer_.add_groups(std::string(40'000, 'g'));
  EXPECT_NE(Refusal().find("has more than 32768 bytes"), std::string::npos);
}

}  // namespace
}  // namespace sluice::compile
