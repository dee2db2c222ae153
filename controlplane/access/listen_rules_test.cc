// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/listen_rules.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::access {
namespace {

TEST(ListenRulesTest, OffLoopbackNeedsTls) {
  EXPECT_EQ(ObjectionTo("127.0.0.1:0", TlsMaterial{}, /*is_open=*/true), "");
  EXPECT_NE(ObjectionTo("0.0.0.0:0", TlsMaterial{}, /*is_open=*/false).find("TLS is required"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::access
