// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/test_certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>

#include "absl/log/check.h"
#include "dataplane/tls/boringssl.h"

namespace sluice::tls {
namespace {

bssl::UniquePtr<EVP_PKEY> NewKey() {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  CHECK(EC_KEY_generate_key(ec.get()));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  CHECK(EVP_PKEY_set1_EC_KEY(key.get(), ec.get()));
  return key;
}

bssl::UniquePtr<BIO> ReadOnly(const std::string& bytes) {
  return bssl::UniquePtr<BIO>(
      BIO_new_mem_buf(bytes.data(), static_cast<ossl_ssize_t>(bytes.size())));
}

bssl::UniquePtr<X509> ReadCertificate(const std::string& pem) {
  bssl::UniquePtr<BIO> bio = ReadOnly(pem);
  return bssl::UniquePtr<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bssl::UniquePtr<EVP_PKEY> ReadKey(const std::string& pem) {
  bssl::UniquePtr<BIO> bio = ReadOnly(pem);
  return bssl::UniquePtr<EVP_PKEY>(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

template <typename Writer>
std::string Written(Writer write) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  CHECK(write(bio.get()));
  const uint8_t* data = nullptr;
  size_t size = 0;
  CHECK(BIO_mem_contents(bio.get(), &data, &size));
  return std::string(reinterpret_cast<const char*>(data), size);
}

void AddName(GENERAL_NAMES* names, int type, const std::string& value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* string = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  CHECK(ASN1_STRING_set(string, value.data(), static_cast<ossl_ssize_t>(value.size())));
  GENERAL_NAME_set0_value(name, type, string);
  sk_GENERAL_NAME_push(names, name);
}

void AddNames(X509* x509, const TestCertificateOptions& options) {
  bssl::UniquePtr<GENERAL_NAMES> names(GENERAL_NAMES_new());
  for (const auto& dns : options.dns) AddName(names.get(), GEN_DNS, dns);
  for (const auto& uri : options.uris) AddName(names.get(), GEN_URI, uri);
  for (const auto& ip : options.ips) {
    char bytes[16];
    const bool v4 = inet_pton(AF_INET, ip.c_str(), bytes) == 1;
    CHECK(v4 || inet_pton(AF_INET6, ip.c_str(), bytes) == 1);
    AddName(names.get(), GEN_IPADD, std::string(bytes, v4 ? 4 : 16));
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  CHECK(X509_add1_ext_i2d(x509, NID_subject_alt_name, names.get(), 0, 0));
}

void AddKeyUsage(X509* x509, const TestCertificateOptions& options) {
  bssl::UniquePtr<BASIC_CONSTRAINTS> constraints(BASIC_CONSTRAINTS_new());
  constraints->ca = options.ca ? 0xff : 0;
  CHECK(X509_add1_ext_i2d(x509, NID_basic_constraints, constraints.get(), 1, 0));
  if (options.key_usage.empty()) return;
  bssl::UniquePtr<EXTENDED_KEY_USAGE> usage(sk_ASN1_OBJECT_new_null());
  sk_ASN1_OBJECT_push(usage.get(), OBJ_txt2obj(options.key_usage.c_str(), 0));
  CHECK(X509_add1_ext_i2d(x509, NID_ext_key_usage, usage.get(), 0, 0));
}

uint64_t NextSerial() {
  static uint64_t serial = 1000;
  return ++serial;
}

}  // namespace

config::TlsCertificate TestCertificate::Config(std::string name, const std::string& issuers) const {
  return {.name = std::move(name),
          .certificate_chain_pem = certificate_pem + issuers,
          .private_key_pem = key_pem,
          .ocsp_staple = ""};
}

TestCertificate MakeTestCertificate(const TestCertificateOptions& options,
                                    const TestCertificate* issuer) {
  bssl::UniquePtr<EVP_PKEY> key = NewKey();
  bssl::UniquePtr<X509> x509(X509_new());
  CHECK(X509_set_version(x509.get(), X509_VERSION_3));
  CHECK(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()),
                                options.serial == 0 ? NextSerial() : options.serial));
  const int64_t now = time(nullptr);
  CHECK(ASN1_TIME_set_posix(X509_getm_notBefore(x509.get()), now + options.begin_s));
  CHECK(ASN1_TIME_set_posix(X509_getm_notAfter(x509.get()), now + options.end_s));
  X509_NAME* subject = X509_get_subject_name(x509.get());
  CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const uint8_t*>(options.common_name.c_str()),
                                   -1, -1, 0));
  CHECK(X509_set_pubkey(x509.get(), key.get()));
  AddNames(x509.get(), options);
  AddKeyUsage(x509.get(), options);
  if (issuer == nullptr) {
    CHECK(X509_set_issuer_name(x509.get(), subject));
    CHECK(X509_sign(x509.get(), key.get(), EVP_sha256()));
  } else {
    bssl::UniquePtr<X509> ca = ReadCertificate(issuer->certificate_pem);
    bssl::UniquePtr<EVP_PKEY> ca_key = ReadKey(issuer->key_pem);
    CHECK(X509_set_issuer_name(x509.get(), X509_get_subject_name(ca.get())));
    CHECK(X509_sign(x509.get(), ca_key.get(), EVP_sha256()));
  }
  return {Written([&](BIO* bio) { return PEM_write_bio_X509(bio, x509.get()); }),
          Written([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

std::string MakeTestCrl(const TestCertificate& issuer, const std::vector<uint64_t>& serials) {
  bssl::UniquePtr<X509> ca = ReadCertificate(issuer.certificate_pem);
  bssl::UniquePtr<EVP_PKEY> key = ReadKey(issuer.key_pem);
  bssl::UniquePtr<X509_CRL> crl(X509_CRL_new());
  CHECK(X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2));
  CHECK(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(ca.get())));
  bssl::UniquePtr<ASN1_TIME> begin(ASN1_TIME_set_posix(nullptr, time(nullptr) - 3600));
  bssl::UniquePtr<ASN1_TIME> end(ASN1_TIME_set_posix(nullptr, time(nullptr) + 3600));
  CHECK(X509_CRL_set1_lastUpdate(crl.get(), begin.get()));
  CHECK(X509_CRL_set1_nextUpdate(crl.get(), end.get()));
  for (uint64_t serial : serials) {
    bssl::UniquePtr<X509_REVOKED> revoked(X509_REVOKED_new());
    bssl::UniquePtr<ASN1_INTEGER> number(ASN1_INTEGER_new());
    CHECK(ASN1_INTEGER_set_uint64(number.get(), serial));
    CHECK(X509_REVOKED_set_serialNumber(revoked.get(), number.get()));
    CHECK(X509_REVOKED_set_revocationDate(revoked.get(), begin.get()));
    CHECK(X509_CRL_add0_revoked(crl.get(), revoked.release()));
  }
  CHECK(X509_CRL_sign(crl.get(), key.get(), EVP_sha256()));
  return Written([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, crl.get()); });
}

}  // namespace sluice::tls
