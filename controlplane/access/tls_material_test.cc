// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/tls_material.h"

#include <string>

#include "controlplane/access/test_files.h"
#include "gtest/gtest.h"

namespace sluice::access {
namespace {

TEST(TlsMaterialTest, WhatDoesNotFitIsNamed) {
  const std::string certificate = ReadTestFile("server.pem"), key = ReadTestFile("server.key");
  EXPECT_EQ(ObjectionTo(TlsMaterial{certificate, key, ReadTestFile("ca.pem")}), "");
  EXPECT_EQ(ObjectionTo(TlsMaterial{}), "");
  EXPECT_EQ(ObjectionTo(TlsMaterial{certificate, "", ""}),
            "TLS needs both a certificate and its key");
  EXPECT_EQ(ObjectionTo(TlsMaterial{certificate, ReadTestFile("edge.key"), ""}),
            "the key is not the certificate's");
  EXPECT_EQ(ObjectionTo(TlsMaterial{"rubbish", key, ""}),
            "the certificate cannot be read (PEM is expected)");
  EXPECT_EQ(ObjectionTo(TlsMaterial{certificate, key.substr(0, key.size() / 2), ""}),
            "the key cannot be read (PEM without a passphrase is expected)");
  EXPECT_EQ(ObjectionTo(TlsMaterial{certificate, key, certificate.substr(0, 200)}),
            "the client CA holds no certificate that can be read");
  EXPECT_EQ(ObjectionTo(TlsMaterial{"", "", certificate}),
            "a client CA is of no use without TLS: give a certificate and its key too");
}

TEST(TlsSourceTest, ReplacingGivesAnotherPointer) {
  TlsSource source(TlsMaterial{});
  const auto before = source.Current();
  EXPECT_EQ(source.Current(), before);
  source.Replace(TlsMaterial{});
  EXPECT_NE(source.Current(), before);
}

}  // namespace
}  // namespace sluice::access
