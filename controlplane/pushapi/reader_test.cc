// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/reader.h"

#include "gtest/gtest.h"
#include "k8s/secret.pb.h"

namespace sluice::pushapi {
namespace {

TEST(RedactTest, TakesTheDataOfASecretAndItsCopies) {
  k8s::Secret secret;
  auto& annotations = *secret.mutable_metadata()->mutable_annotations();
  annotations["kubectl.kubernetes.io/last-applied-configuration"] =
      R"({"data":{"key":"aGlkZGVu"}})";
  annotations["example.com/owner"] = "shop";
  (*secret.mutable_data())["key"] = "hidden";
  (*secret.mutable_string_data())["key"] = "hidden";
  Redact(&secret);
  EXPECT_TRUE(secret.data().empty());
  EXPECT_TRUE(secret.string_data().empty());
  ASSERT_EQ(secret.metadata().annotations_size(), 1);
  EXPECT_EQ(secret.metadata().annotations().at("example.com/owner"), "shop");
}

}  // namespace
}  // namespace sluice::pushapi
