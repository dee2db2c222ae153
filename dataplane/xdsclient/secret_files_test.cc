// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/secret_files.h"

#include "gtest/gtest.h"

namespace sluice::xdsclient {
namespace {

using envoy::extensions::transport_sockets::tls::v3::Secret;

TEST(SecretFilesTest, EachFileIsWatchedByItsName) {
  Secret secret;
  secret.mutable_tls_certificate()->mutable_certificate_chain()->set_filename("/a/tls.crt");
  secret.mutable_tls_certificate()->mutable_private_key()->set_filename("tls.key");
  EXPECT_EQ(SecretFiles(secret), (std::vector<WatchedFile>{{"/a", "tls.crt"}, {".", "tls.key"}}));
}

TEST(SecretFilesTest, TheFolderThatIsNamedForItIsWatchedInstead) {
  Secret secret;
  secret.mutable_validation_context()->mutable_trusted_ca()->set_filename("/a/b/ca.crt");
  secret.mutable_validation_context()->mutable_watched_directory()->set_path("/a");
  EXPECT_EQ(SecretFiles(secret), (std::vector<WatchedFile>{{"/a", ""}}));
}

TEST(SecretFilesTest, WhatStandsInTheSecretItselfIsNotWatched) {
  Secret secret;
  secret.mutable_tls_certificate()->mutable_certificate_chain()->set_inline_string("pem");
  secret.mutable_tls_certificate()->mutable_watched_directory()->set_path("/a");
  EXPECT_TRUE(SecretFiles(secret).empty());
}

}  // namespace
}  // namespace sluice::xdsclient
