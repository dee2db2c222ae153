// SPDX-License-Identifier: Apache-2.0
#include "dataplane/crypto/password_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::crypto {
namespace {

// Of John the Ripper's and OpenBSD's test vectors for bcrypt, cost 5.
constexpr char kBcrypt[] = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr char kBcryptOfEmpty[] = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy";

TEST(PasswordHashTest, ChecksBcrypt) {
  EXPECT_TRUE(HasPasswordHash("U*U", kBcrypt));
  EXPECT_FALSE(HasPasswordHash("U*V", kBcrypt));
  EXPECT_TRUE(HasPasswordHash("", kBcryptOfEmpty));
  std::string as_htpasswd = kBcrypt;
  as_htpasswd[2] = 'y';
  EXPECT_TRUE(HasPasswordHash("U*U", as_htpasswd));
}

TEST(PasswordHashTest, ChecksTheShaOfOldFiles) {
  EXPECT_TRUE(HasPasswordHash("password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="));
  EXPECT_FALSE(HasPasswordHash("passwore", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="));
}

TEST(PasswordHashTest, WhatIsNoHashIsNobodys) {
  using namespace std::string_literals;
  for (const std::string& hash :
       {""s, "password"s, "*0"s, "*1"s, "$2a$"s, "$2a$05$"s, "$1$abc$xyz"s, "{SHA}"s, "x"s,
        // As identify compares with where nobody has a name: it must take its time and fit nothing.
        "$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"s}) {
    EXPECT_FALSE(HasPasswordHash("password", hash)) << hash;
    EXPECT_FALSE(HasPasswordHash("", hash)) << hash;
    EXPECT_FALSE(HasPasswordHash(hash, hash)) << hash;
  }
}

TEST(PasswordHashTest, ANulIsInNoPassword) {
  EXPECT_FALSE(HasPasswordHash(std::string("U*U\0x", 5), kBcrypt));
}

}  // namespace
}  // namespace sluice::crypto
