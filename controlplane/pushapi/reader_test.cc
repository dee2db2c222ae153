// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/reader.h"

#include "gtest/gtest.h"
#include "k8s/secret.pb.h"
#include "sluice/v1alpha1/auth_policy.pb.h"
#include "sluice/v1alpha1/consumer.pb.h"

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

TEST(RedactTest, AConsumerLosesTheHashesOfItsCredentials) {
  v1alpha1::Consumer consumer;
  auto* key = consumer.mutable_spec()->add_api_keys();
  key->set_name("laptop");
  key->set_sha256("hash");
  auto* password = consumer.mutable_spec()->add_passwords();
  password->set_username("alice");
  password->set_hash("hash");
  (*consumer.mutable_metadata()
        ->mutable_annotations())["kubectl.kubernetes.io/last-applied-configuration"] = "hash";
  Redact(&consumer);
  EXPECT_EQ(consumer.DebugString().find("hash"), std::string::npos);
  EXPECT_EQ(consumer.spec().api_keys(0).name(), "laptop");
  EXPECT_EQ(consumer.spec().passwords(0).username(), "alice");
}

TEST(RedactTest, OtherKindsStayAsTheyAre) {
  v1alpha1::AuthPolicy policy;
  policy.mutable_spec()->set_mode("Shadow");
  const std::string before = policy.SerializeAsString();
  Redact(&policy);
  EXPECT_EQ(policy.SerializeAsString(), before);
}

}  // namespace
}  // namespace sluice::pushapi
