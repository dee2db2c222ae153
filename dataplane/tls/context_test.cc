// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "dataplane/config/tls.h"
#include "dataplane/tls/client_context.h"
#include "dataplane/tls/server_context.h"
#include "dataplane/tls/test_certificates.h"
#include "gtest/gtest.h"

namespace sluice::tls {
namespace {

class ContextTest : public ::testing::Test {
 protected:
  ContextTest() { config_.common.certificates = {leaf_.Config("shop/tls")}; }

  std::string ServerError() {
    auto context = ServerTlsContext::Create(config_);
    return context.ok() ? "" : std::string(context.status().message());
  }
  static std::string ClientError(const config::UpstreamTls& config) {
    auto context = ClientTlsContext::Create(config);
    return context.ok() ? "" : std::string(context.status().message());
  }

  const TestCertificate ca_ = MakeTestCertificate({.common_name = "ca", .ca = true});
  const TestCertificate leaf_ = MakeTestCertificate({.dns = {"a.example"}}, &ca_);
  config::DownstreamTls config_;
};

TEST_F(ContextTest, AGoodCertificateIsTakenWithoutAWarning) {
  auto context = ServerTlsContext::Create(config_);
  ASSERT_TRUE(context.ok()) << context.status();
  EXPECT_TRUE((*context)->warnings().empty());
}

TEST_F(ContextTest, KnowsForWhichNamesItShowsTheSameCertificate) {
  auto one = ServerTlsContext::Create(config_);
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_TRUE((*one)->PresentsSameCertificate("a.example", "b.example"));
  const TestCertificate b = MakeTestCertificate({.dns = {"b.example", "*.b.example"}}, &ca_);
  config_.common.certificates.push_back(b.Config("b"));
  auto two = ServerTlsContext::Create(config_);
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_FALSE((*two)->PresentsSameCertificate("a.example", "b.example"));
  EXPECT_TRUE((*two)->PresentsSameCertificate("b.example", "x.b.example"));
  // The first is for everybody else.
  EXPECT_TRUE((*two)->PresentsSameCertificate("", "a.example"));
  EXPECT_TRUE((*two)->PresentsSameCertificate("c.example", "a.example"));
}

TEST_F(ContextTest, NamesTheCertificateWhoseKeyDoesNotMatch) {
  const TestCertificate other = MakeTestCertificate({});
  config_.common.certificates[0].private_key_pem = other.key_pem;
  EXPECT_EQ(ServerError(),
            "certificate \"shop/tls\": the private key does not match the certificate");
}

TEST_F(ContextTest, SaysThatTheLeafMustComeFirst) {
  config_.common.certificates[0].certificate_chain_pem =
      ca_.certificate_pem + leaf_.certificate_pem;
  EXPECT_EQ(ServerError(),
            "certificate \"shop/tls\": the private key belongs to certificate 2 of the chain; the "
            "leaf must come first");
}

TEST_F(ContextTest, NamesTheBlockThatIsBroken) {
  std::string broken = ca_.certificate_pem;
  broken.replace(60, 8, "!!!!!!!!");
  config_.common.certificates[0].certificate_chain_pem = leaf_.certificate_pem + broken;
  EXPECT_TRUE(
      absl::StartsWith(ServerError(), "certificate \"shop/tls\": PEM block 2 cannot be read"))
      << ServerError();
  config_.common.certificates[0].certificate_chain_pem =
      leaf_.certificate_pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_TRUE(absl::StrContains(ServerError(), "PEM block 2 (CERTIFICATE) is no certificate"))
      << ServerError();
  config_.common.certificates[0].certificate_chain_pem = "hello";
  EXPECT_TRUE(absl::StrContains(ServerError(), "holds no PEM block")) << ServerError();
}

TEST_F(ContextTest, NamesAKeyThatCannotBeRead) {
  config_.common.certificates[0].private_key_pem = "";
  EXPECT_EQ(ServerError(), "certificate \"shop/tls\": no private key");
  config_.common.certificates[0].private_key_pem = "nonsense";
  EXPECT_TRUE(absl::StrContains(ServerError(), "private key cannot be read")) << ServerError();
  config_.common.certificates[0].private_key_pem =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
      "-----END RSA PRIVATE KEY-----\n";
  EXPECT_TRUE(absl::StrContains(ServerError(), "encrypted")) << ServerError();
}

TEST_F(ContextTest, AnExpiredCertificateIsAWarning) {
  const TestCertificate old = MakeTestCertificate({.begin_s = -7200, .end_s = -3600}, &ca_);
  config_.common.certificates = {old.Config("old")};
  auto context = ServerTlsContext::Create(config_);
  ASSERT_TRUE(context.ok()) << context.status();
  ASSERT_EQ((*context)->warnings().size(), 1u);
  EXPECT_TRUE(absl::StartsWith((*context)->warnings()[0], "certificate \"old\" expired at "));
}

TEST_F(ContextTest, NothingToTrustNeverMeansTrustAll) {
  config_.require_client_certificate = true;
  EXPECT_TRUE(absl::StrContains(ServerError(), "nothing says which to trust"));
  auto validation = std::make_shared<config::TlsValidation>();
  validation->name = "clients";
  validation->sans.push_back({.value = "a.example"});
  config_.common.validation = validation;
  EXPECT_EQ(ServerError(),
            "validation context \"clients\": no trusted CA, no system roots and no pins: nothing "
            "could be believed");
  config::UpstreamTls upstream;
  upstream.auto_san_validation = true;
  EXPECT_TRUE(absl::StrContains(ClientError(upstream), "no CA says"));
}

TEST_F(ContextTest, NamesTheSettingThatIsNotKnown) {
  config_.common.cipher_suites = {"ECDHE-RSA-AES128-GCM-SHA256", "ROT13"};
  EXPECT_TRUE(absl::StrContains(ServerError(), "cipher suite \"ROT13\"")) << ServerError();
  config_.common.cipher_suites.clear();
  config_.common.groups = {"X25519", "P-17"};
  EXPECT_TRUE(absl::StrContains(ServerError(), "group \"P-17\"")) << ServerError();
  config_.common.groups.clear();
  config_.common.min_version = config::TlsVersion::kTls13;
  config_.common.max_version = config::TlsVersion::kTls12;
  EXPECT_FALSE(ServerError().empty());
  config_.common.min_version = config::TlsVersion::kTls12;
  config_.common.alpn = {"h2", std::string(256, 'x')};
  EXPECT_TRUE(absl::StrContains(ServerError(), "ALPN")) << ServerError();
  config_.common.alpn.clear();
  config_.ticket_keys = {"short"};
  EXPECT_TRUE(absl::StrContains(ServerError(), "session ticket key 1")) << ServerError();
}

TEST_F(ContextTest, NamesAPinOrRegexThatIsNone) {
  auto validation = std::make_shared<config::TlsValidation>();
  validation->name = "v";
  validation->trusted_ca_pem = ca_.certificate_pem;
  validation->spki_sha256_base64 = {"AAAA"};
  config_.common.validation = validation;
  EXPECT_TRUE(absl::StrContains(ServerError(), "\"AAAA\" is no base64 of a SHA-256"));
  validation->spki_sha256_base64.clear();
  validation->sans.push_back({.match = config::SanMatcher::Match::kRegex, .value = "(unclosed"});
  EXPECT_TRUE(absl::StrContains(ServerError(), "regex \"(unclosed\"")) << ServerError();
}

// TLS-05: what a session may be resumed over is decided by this.
TEST_F(ContextTest, IdentityFollowsCertificatesAndClientRules) {
  const auto identity = [this] {
    auto context = ServerTlsContext::Create(config_);
    EXPECT_TRUE(context.ok()) << context.status();
    return std::string((*context)->identity());
  };
  const std::string plain = identity();
  EXPECT_EQ(identity(), plain);
  config_.common.alpn = {"h2"};
  EXPECT_EQ(identity(), plain);
  auto validation = std::make_shared<config::TlsValidation>();
  validation->trusted_ca_pem = ca_.certificate_pem;
  config_.common.validation = validation;
  const std::string optional = identity();
  EXPECT_NE(optional, plain);
  config_.require_client_certificate = true;
  const std::string required = identity();
  EXPECT_NE(required, optional);
  validation->sans.push_back({.value = "a.example"});
  EXPECT_NE(identity(), required);
}

}  // namespace
}  // namespace sluice::tls
