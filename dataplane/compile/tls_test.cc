// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/tls.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "dataplane/compile/text_proto.h"

namespace sluice::compile {
namespace {

using envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext;
using envoy::extensions::transport_sockets::tls::v3::Secret;
using envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;

constexpr char kCertificate[] = R"(tls_certificates {
  certificate_chain { inline_string: "CHAIN" } private_key { filename: "/key" } })";

class CompileTlsTest : public testing::Test {
 protected:
  CompileTlsTest() {
    options_.read_file = [](const std::string& path) -> absl::StatusOr<std::string> {
      if (path == "/key") return "KEY";
      return absl::NotFoundError("no such file");
    };
    context_.Begin("listener", "l");
  }
  absl::StatusOr<CompiledDownstreamTls> Downstream(const std::string& common,
                                                   const std::string& more = "") {
    const auto message =
        FromText<DownstreamTlsContext>(absl::StrCat("common_tls_context {", common, "}", more));
    if (absl::Status status = context_.Walk(message); !status.ok()) return status;
    return CompileDownstreamTls(message, context_);
  }
  CompiledSecret MustSecret(const std::string& text) {
    return CompileSecret(FromText<Secret>(text), context_).value();
  }

  CompileOptions options_;
  CompileContext context_{options_};
};

TEST_F(CompileTlsTest, CertificatesAreReadWhereverTheyStand) {
  const CompiledDownstreamTls tls = Downstream(absl::StrCat(kCertificate, R"(
    alpn_protocols: "h2" tls_params { tls_minimum_protocol_version: TLSv1_3
      cipher_suites: "A" ecdh_curves: "B" })"))
                                        .value();
  EXPECT_EQ(tls.tls.common.certificates[0].certificate_chain_pem, "CHAIN");
  EXPECT_EQ(tls.tls.common.certificates[0].private_key_pem, "KEY");
  EXPECT_EQ(tls.tls.common.min_version, config::TlsVersion::kTls13);
  EXPECT_EQ(tls.tls.common.cipher_suites, std::vector<std::string>{"A"});
  EXPECT_EQ(tls.tls.common.groups, std::vector<std::string>{"B"});
  EXPECT_TRUE(tls.tls.session_tickets);
  EXPECT_EQ(tls.tls.common.validation, nullptr);
  EXPECT_TRUE(tls.secrets.empty());
}

TEST_F(CompileTlsTest, UnreadableFileIsNamed) {
  EXPECT_EQ(Downstream(R"(tls_certificates { certificate_chain { filename: "/nope" } })")
                .status()
                .message(),
            "listener \"l\": common_tls_context.tls_certificates[0].certificate_chain: filename "
            "\"/nope\": no such file");
}

TEST_F(CompileTlsTest, ClientCertificatesAreCheckedByTheValidationContext) {
  const CompiledDownstreamTls tls = Downstream(absl::StrCat(kCertificate, R"(validation_context {
        trusted_ca { inline_string: "CA" }
        match_typed_subject_alt_names { san_type: URI matcher { prefix: "spiffe://a/" } }
        verify_certificate_hash: "ab" })"),
                                               "require_client_certificate { value: true }")
                                        .value();
  EXPECT_TRUE(tls.tls.require_client_certificate);
  const config::TlsValidation& validation = *tls.tls.common.validation;
  EXPECT_EQ(validation.trusted_ca_pem, "CA");
  EXPECT_EQ(validation.sans[0].type, config::SanMatcher::Type::kUri);
  EXPECT_EQ(validation.sans[0].match, config::SanMatcher::Match::kPrefix);
  EXPECT_EQ(validation.certificate_sha256_hex, std::vector<std::string>{"ab"});
}

TEST_F(CompileTlsTest, NothingThatWouldTakeAnyClientIsAccepted) {
  constexpr char kRequire[] = "require_client_certificate { value: true }";
  EXPECT_FALSE(Downstream(kCertificate, kRequire).ok());
  EXPECT_FALSE(Downstream(absl::StrCat(kCertificate, "validation_context {}"), kRequire).ok());
  EXPECT_FALSE(Downstream(absl::StrCat(kCertificate,
                                       "validation_context { trusted_ca { "
                                       "inline_string: '' } }"),
                          kRequire)
                   .ok());
  EXPECT_FALSE(Downstream(absl::StrCat(kCertificate,
                                       "validation_context { match_typed_subject_alt_names { "
                                       "san_type: DNS matcher { exact: 'a' } } }"))
                   .ok());
  EXPECT_TRUE(Downstream(absl::StrCat(kCertificate, "validation_context { system_root_certs {} }"),
                         kRequire)
                  .ok());
}

TEST_F(CompileTlsTest, SessionsAreSetAsAsked) {
  EXPECT_FALSE(Downstream(kCertificate,
                          "disable_stateless_session_resumption: true "
                          "disable_stateful_session_resumption: true")
                   ->tls.session_tickets);
  EXPECT_EQ(Downstream(kCertificate, "session_timeout { seconds: 60 }")->tls.session_timeout_s, 60);
  const std::string key(80, 'k');
  EXPECT_EQ(Downstream(kCertificate,
                       absl::StrCat("session_ticket_keys { keys { inline_string: '", key, "' } }"))
                ->tls.ticket_keys,
            std::vector<std::string>{key});
  EXPECT_FALSE(
      Downstream(kCertificate, "session_ticket_keys { keys { inline_string: 'short' } }").ok());
}

TEST_F(CompileTlsTest, ServerWithoutCertificateAndOldTlsAreRefused) {
  EXPECT_FALSE(Downstream("").ok());
  EXPECT_FALSE(
      Downstream(absl::StrCat(kCertificate, "tls_params { tls_maximum_protocol_version: TLSv1_1 }"))
          .ok());
  EXPECT_NE(Downstream(kCertificate, "require_sni { value: true }")
                .status()
                .message()
                .find("require_sni"),
            std::string_view::npos);
}

TEST_F(CompileTlsTest, SecretsAreBoundByName) {
  const CompiledSecret certificate = MustSecret(R"(name: "cert" tls_certificate {
    certificate_chain { inline_string: "CHAIN" } private_key { inline_bytes: "KEY" } })");
  const CompiledSecret ca =
      MustSecret(R"(name: "ca" validation_context { trusted_ca { inline_string: "CA" } })");
  const FindSecret find = [&](std::string_view name) -> const CompiledSecret* {
    if (name == "cert") return &certificate;
    return name == "ca" ? &ca : nullptr;
  };
  const CompiledDownstreamTls tls = Downstream(R"(
    tls_certificate_sds_secret_configs { name: "cert" sds_config { ads {} } }
    combined_validation_context {
      default_validation_context {
        match_typed_subject_alt_names { san_type: DNS matcher { exact: "a" } } }
      validation_context_sds_secret_config { name: "ca" sds_config { ads {} } } })")
                                        .value();
  EXPECT_EQ(tls.secrets.certificates, std::vector<std::string>{"cert"});
  EXPECT_EQ(tls.secrets.validation, "ca");

  config::TlsCommon common = tls.tls.common;
  ASSERT_TRUE(BindSecrets(tls.secrets, find, common).ok());
  EXPECT_EQ(common.certificates[0].private_key_pem, "KEY");
  EXPECT_EQ(common.validation->trusted_ca_pem, "CA");
  EXPECT_EQ(common.validation->sans.size(), 1u);

  config::TlsCommon again = tls.tls.common;
  EXPECT_EQ(BindSecrets({.validation = "gone"}, find, again).message(),
            "secret \"gone\" is not there yet");
  EXPECT_EQ(BindSecrets({.validation = "cert"}, find, again).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(CompileTlsTest, UpstreamTakesItsNameFromTheMessage) {
  const CompiledUpstreamTls tls =
      CompileUpstreamTls(FromText<UpstreamTlsContext>(
                             R"(sni: "a.example" auto_sni_san_validation: true
                                max_session_keys { value: 0 })"),
                         context_)
          .value();
  EXPECT_EQ(tls.tls.sni, "a.example");
  EXPECT_TRUE(tls.tls.auto_san_validation);
  EXPECT_EQ(tls.tls.max_session_keys, 0u);
}

}  // namespace
}  // namespace sluice::compile
