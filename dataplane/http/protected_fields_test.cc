// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/protected_fields.h"

#include "gtest/gtest.h"

namespace sluice::http {
namespace {

bool Protected(std::string_view name) { return IsProtectedField(FindHeaderId(name), name); }

TEST(ProtectedFieldsTest, WhatDecidesOrVouchesIsProtected) {
  for (const char* name :
       {"authorization", "content-length", "content-type", "cookie", "host", "transfer-encoding",
        "x-request-id", "range", "www-authenticate", "x-forwarded-for", "x-forwarded-anything",
        "x-sluice-user", "x-envoy-original-path"}) {
    EXPECT_TRUE(Protected(name)) << name;
  }
}

TEST(ProtectedFieldsTest, WhatIsTheMessagesOwnIsNot) {
  for (const char* name : {"", "x", "x-sum", "grpc-status", "grpc-message", "x-forwarded",
                           "x-sluice", "server-timing", "digest", "user-agent", "ranges"}) {
    EXPECT_FALSE(Protected(name)) << name;
  }
}

}  // namespace
}  // namespace sluice::http
