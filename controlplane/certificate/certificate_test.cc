// SPDX-License-Identifier: Apache-2.0
//
// Pairs are made with the library itself: each test takes a good one and spoils one thing of it.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "api/manifest/manifest.h"
#include "controlplane/certificate/inspector.h"
#include "controlplane/certificate/key_pair.h"
#include "controlplane/certificate/secret_problems.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::certificate {
namespace {

using testing::HasSubstr;

using Key = std::shared_ptr<EVP_PKEY>;

Key Ec(const char* curve = "P-256") { return {EVP_EC_gen(curve), EVP_PKEY_free}; }
Key Rsa(unsigned bits) { return {EVP_RSA_gen(bits), EVP_PKEY_free}; }
Key Ed25519() { return {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free}; }

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string PemOf(const Key& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio);
}

std::string Encrypted(const Key& key) {
  BIO* bio = BIO_new(BIO_s_mem());
  unsigned char password[] = "p";
  PEM_write_bio_PrivateKey(bio, key.get(), EVP_aes_128_cbc(), password, 1, nullptr, nullptr);
  return TextOf(bio);
}

// Signed by its own key, valid from a day ago for that many days.
std::string CertificateOf(const Key& key, int days = 30) {
  X509* x509 = X509_new();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -86400);
  X509_gmtime_adj(X509_getm_notAfter(x509), (days - 1) * 86400L);
  X509_set_pubkey(x509, key.get());
  const bool has_own_digest = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
  X509_sign(x509, key.get(), has_own_digest ? nullptr : EVP_sha256());
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, x509);
  X509_free(x509);
  return TextOf(bio);
}

TEST(KeyPairTest, KeysOfTheKindsThatProxiesTakeAreFine) {
  for (const Key& key : {Ec("P-256"), Ec("P-384"), Ec("P-521"), Rsa(2048), Ed25519()}) {
    EXPECT_EQ(InspectKeyPair(CertificateOf(key), PemOf(key)).problem, "");
  }
}

TEST(KeyPairTest, AKeyOfAnotherCertificateIsFound) {
  const KeyPair pair = InspectKeyPair(CertificateOf(Ec()), PemOf(Ec()));
  EXPECT_EQ(pair.problem, "the private key does not belong to the certificate");
  EXPECT_EQ(pair.part, KeyPair::Part::kKey);
}

TEST(KeyPairTest, AChainInTheWrongOrderIsFound) {
  const Key key = Ec();
  const KeyPair pair =
      InspectKeyPair(absl::StrCat(CertificateOf(Ec()), CertificateOf(key)), PemOf(key));
  EXPECT_THAT(pair.problem, HasSubstr("belongs to certificate 2 of the chain"));
  EXPECT_EQ(pair.part, KeyPair::Part::kChain);
}

TEST(KeyPairTest, AKeyBesideTheCertificateIsPassedOver) {
  const Key key = Ec();
  EXPECT_EQ(InspectKeyPair(PemOf(key) + CertificateOf(key), PemOf(key)).problem, "");
}

TEST(KeyPairTest, WhatDoesNotParseIsFound) {
  const Key key = Ec();
  EXPECT_THAT(InspectKeyPair("", PemOf(key)).problem, HasSubstr("no PEM block of a certificate"));
  EXPECT_THAT(
      InspectKeyPair("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", PemOf(key))
          .problem,
      HasSubstr("PEM block 1 (CERTIFICATE) is no certificate"));
  EXPECT_THAT(InspectKeyPair(CertificateOf(key), "").problem, HasSubstr("no private key"));
  EXPECT_THAT(InspectKeyPair(CertificateOf(key),
                             "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
                  .problem,
              HasSubstr("the private key cannot be read"));
}

TEST(KeyPairTest, AnEncryptedKeyIsNotAskedForItsPassword) {
  const Key key = Ec();
  EXPECT_THAT(InspectKeyPair(CertificateOf(key), Encrypted(key)).problem,
              HasSubstr("is encrypted"));
}

TEST(KeyPairTest, WeakAndUnknownKindsOfKeysAreFound) {
  const Key weak = Rsa(1024);
  EXPECT_THAT(InspectKeyPair(CertificateOf(weak), PemOf(weak)).problem, HasSubstr("1024 bits"));
  const Key odd = Ec("secp256k1");
  EXPECT_THAT(InspectKeyPair(CertificateOf(odd), PemOf(odd)).problem, HasSubstr("secp256k1"));
}

TEST(InspectorTest, LooksOnceAtAPair) {
  Inspector inspector;
  const Key key = Ec();
  const std::string chain = CertificateOf(key);
  EXPECT_EQ(inspector.Inspect(chain, PemOf(key)).problem, "");
  EXPECT_EQ(inspector.Inspect(chain, PemOf(key)).problem, "");
  EXPECT_EQ(inspector.looked_at(), 1u);
  EXPECT_NE(inspector.Inspect(chain, PemOf(Ec())).problem, "");
  EXPECT_EQ(inspector.looked_at(), 2u);
}

class SecretProblemsTest : public testing::Test {
 protected:
  std::vector<manifest::Problem> Problems(const std::string& chain, const std::string& key,
                                          std::string_view type = "kubernetes.io/tls") {
    const std::string yaml =
        absl::StrCat("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: ", type,
                     "\ndata:\n  tls.crt: ", absl::Base64Escape(chain),
                     "\n  tls.key: ", absl::Base64Escape(key), "\n");
    const manifest::ParseResult read = manifest::ParseManifests(yaml, "s.yaml", {});
    EXPECT_EQ(read.objects.size(), 1u);
    return SecretProblems(read.objects.at(0), absl::Now(), inspector_);
  }

  Inspector inspector_;
};

TEST_F(SecretProblemsTest, NameThePlace) {
  const auto problems = Problems(CertificateOf(Ec()), PemOf(Ec()));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].ToString(),
            "s.yaml:7: Secret default/s: data[tls.key]: the private key does not belong to the "
            "certificate; proxies will refuse it.");
}

TEST_F(SecretProblemsTest, AnExpiredCertificateIsNamedWithItsTime) {
  const Key key = Ec();
  const auto problems = Problems(CertificateOf(key, /*days=*/0), PemOf(key));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].field_path, "data[tls.crt]");
  EXPECT_THAT(problems[0].reason, HasSubstr("expired on 20"));
}

TEST_F(SecretProblemsTest, GoodPairsAndOtherSecretsHaveNone) {
  const Key key = Ec();
  EXPECT_TRUE(Problems(CertificateOf(key), PemOf(key)).empty());
  EXPECT_TRUE(Problems("x", "y", "Opaque").empty());
}

}  // namespace
}  // namespace sluice::certificate
