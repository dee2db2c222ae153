// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/pool.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"

namespace sluice::tls {
namespace {

bssl::UniquePtr<BIO> ReadOnly(std::string_view bytes) {
  return bssl::UniquePtr<BIO>(
      BIO_new_mem_buf(bytes.data(), static_cast<ossl_ssize_t>(bytes.size())));
}

absl::Status Bad(const config::TlsCertificate& certificate, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("certificate \"", certificate.name, "\": ", what));
}

// Encrypted keys are refused and not asked for on a terminal.
int NoPassword(char*, int, int, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::StatusOr<bssl::UniquePtr<EVP_PKEY>> ParseKey(const config::TlsCertificate& certificate) {
  if (certificate.private_key_pem.empty()) return Bad(certificate, "no private key");
  bool encrypted = false;
  bssl::UniquePtr<BIO> bio = ReadOnly(certificate.private_key_pem);
  bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, &encrypted));
  const std::string why = TakeError("no PEM block of a key");
  if (encrypted) return Bad(certificate, "the private key is encrypted; store it decrypted");
  if (key == nullptr)
    return Bad(certificate, absl::StrCat("the private key cannot be read: ", why));
  if (EVP_PKEY_id(key.get()) == EVP_PKEY_RSA && EVP_PKEY_bits(key.get()) < 2048) {
    return Bad(certificate, absl::StrCat("an RSA key of ", EVP_PKEY_bits(key.get()),
                                         " bits; at least 2048 are needed"));
  }
  return key;
}

bool KeyMatches(const X509* certificate, const EVP_PKEY* key) {
  bssl::UniquePtr<EVP_PKEY> own(X509_get_pubkey(certificate));
  const bool matches = own != nullptr && EVP_PKEY_cmp(own.get(), key) == 1;
  ERR_clear_error();
  return matches;
}

absl::Status CheckKey(const config::TlsCertificate& certificate,
                      const std::vector<bssl::UniquePtr<X509>>& chain, const EVP_PKEY* key) {
  if (KeyMatches(chain[0].get(), key)) return absl::OkStatus();
  for (size_t i = 1; i < chain.size(); ++i) {
    if (!KeyMatches(chain[i].get(), key)) continue;
    return Bad(certificate, absl::StrCat("the private key belongs to certificate ", i + 1,
                                         " of the chain; the leaf must come first"));
  }
  return Bad(certificate, "the private key does not match the certificate");
}

absl::Time ToTime(const ASN1_TIME* time) {
  int64_t seconds = 0;
  if (ASN1_TIME_to_posix(time, &seconds) != 1) return absl::InfinitePast();
  return absl::FromUnixSeconds(seconds);
}

std::string ValidityWarning(const config::TlsCertificate& certificate, const X509* leaf,
                            const base::Clock& clock) {
  const absl::Time now = absl::FromUnixNanos(clock.WallNs());
  const absl::Time begin = ToTime(X509_get0_notBefore(leaf));
  const absl::Time end = ToTime(X509_get0_notAfter(leaf));
  const auto format = [](absl::Time t) { return absl::FormatTime(t, absl::UTCTimeZone()); };
  if (now > end) {
    return absl::StrCat("certificate \"", certificate.name, "\" expired at ", format(end));
  }
  if (now < begin) {
    return absl::StrCat("certificate \"", certificate.name, "\" is not valid before ",
                        format(begin));
  }
  return "";
}

absl::StatusOr<bssl::UniquePtr<SSL_CREDENTIAL>> MakeCredential(
    const config::TlsCertificate& certificate, const std::vector<bssl::UniquePtr<X509>>& chain,
    EVP_PKEY* key) {
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> owned;
  std::vector<CRYPTO_BUFFER*> buffers;
  for (const auto& x509 : chain) {
    uint8_t* der = nullptr;
    const int size = i2d_X509(x509.get(), &der);
    if (size <= 0) return Bad(certificate, TakeError("cannot be encoded"));
    owned.emplace_back(CRYPTO_BUFFER_new(der, static_cast<size_t>(size), nullptr));
    OPENSSL_free(der);
    buffers.push_back(owned.back().get());
  }
  bssl::UniquePtr<SSL_CREDENTIAL> credential(SSL_CREDENTIAL_new_x509());
  if (!SSL_CREDENTIAL_set1_cert_chain(credential.get(), buffers.data(), buffers.size()) ||
      !SSL_CREDENTIAL_set1_private_key(credential.get(), key)) {
    return Bad(certificate, TakeError("refused by the TLS library"));
  }
  if (!certificate.ocsp_staple.empty()) {
    bssl::UniquePtr<CRYPTO_BUFFER> staple(
        CRYPTO_BUFFER_new(reinterpret_cast<const uint8_t*>(certificate.ocsp_staple.data()),
                          certificate.ocsp_staple.size(), nullptr));
    if (!SSL_CREDENTIAL_set1_ocsp_response(credential.get(), staple.get())) {
      return Bad(certificate, "the OCSP staple was refused");
    }
  }
  return credential;
}

std::string TextOf(const ASN1_STRING* string) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                     static_cast<size_t>(ASN1_STRING_length(string)));
}

std::string IpText(const std::string& bytes) {
  char text[INET6_ADDRSTRLEN];
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return "";
  return inet_ntop(family, bytes.data(), text, sizeof(text)) == nullptr ? "" : text;
}

}  // namespace

absl::StatusOr<std::vector<bssl::UniquePtr<X509>>> ParseCertificates(std::string_view pem) {
  bssl::UniquePtr<BIO> bio = ReadOnly(pem);
  std::vector<bssl::UniquePtr<X509>> chain;
  for (int block = 1;; ++block) {
    char* name = nullptr;
    char* header = nullptr;
    uint8_t* data = nullptr;
    long size = 0;
    if (!PEM_read_bio(bio.get(), &name, &header, &data, &size)) {
      const uint32_t error = ERR_peek_last_error();
      const bool end =
          ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
      const std::string why = TakeError("malformed");
      if (!end) {
        return absl::InvalidArgumentError(
            absl::StrCat("PEM block ", block, " cannot be read: ", why));
      }
      break;
    }
    bssl::UniquePtr<char> free_name(name), free_header(header);
    bssl::UniquePtr<uint8_t> free_data(data);
    // Some people keep the key in the same file.
    if (absl::EndsWith(name, "PRIVATE KEY") || absl::EndsWith(name, "PARAMETERS")) continue;
    const uint8_t* at = data;
    bssl::UniquePtr<X509> x509(d2i_X509(nullptr, &at, size));
    if (x509 == nullptr || at != data + size) {
      return absl::InvalidArgumentError(absl::StrCat(
          "PEM block ", block, " (", name, ") is no certificate: ", TakeError("bytes left over")));
    }
    chain.push_back(std::move(x509));
  }
  if (chain.empty()) return absl::InvalidArgumentError("holds no PEM block of a certificate");
  return chain;
}

absl::StatusOr<LoadedCertificate> LoadCertificate(const config::TlsCertificate& certificate,
                                                  const base::Clock& clock) {
  auto chain = ParseCertificates(certificate.certificate_chain_pem);
  if (!chain.ok()) return Bad(certificate, chain.status().message());
  SLUICE_ASSIGN_OR_RETURN(bssl::UniquePtr<EVP_PKEY> key, ParseKey(certificate));
  SLUICE_RETURN_IF_ERROR(CheckKey(certificate, *chain, key.get()));
  LoadedCertificate loaded;
  SLUICE_ASSIGN_OR_RETURN(loaded.credential, MakeCredential(certificate, *chain, key.get()));
  for (SubjectAltName& san : SubjectAltNames((*chain)[0].get())) {
    if (san.type == SubjectAltName::Type::kDns) loaded.dns_names.push_back(std::move(san.value));
  }
  loaded.warning = ValidityWarning(certificate, (*chain)[0].get(), clock);
  return loaded;
}

std::vector<SubjectAltName> SubjectAltNames(const X509* certificate) {
  std::vector<SubjectAltName> out;
  bssl::UniquePtr<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  if (names == nullptr) return out;
  for (const GENERAL_NAME* name : names.get()) {
    SubjectAltName san;
    switch (name->type) {
      case GEN_DNS:
        san = {SubjectAltName::Type::kDns, TextOf(name->d.dNSName)};
        break;
      case GEN_URI:
        san = {SubjectAltName::Type::kUri, TextOf(name->d.uniformResourceIdentifier)};
        break;
      case GEN_EMAIL:
        san = {SubjectAltName::Type::kEmail, TextOf(name->d.rfc822Name)};
        break;
      case GEN_IPADD:
        san = {SubjectAltName::Type::kIp, IpText(TextOf(name->d.iPAddress))};
        break;
      default:
        continue;
    }
    if (san.value.empty() || std::any_of(san.value.begin(), san.value.end(), absl::ascii_iscntrl)) {
      continue;
    }
    out.push_back(std::move(san));
  }
  return out;
}

std::string SubjectOf(const X509* certificate) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (!BIO_mem_contents(bio.get(), &data, &size)) return "";
  return std::string(reinterpret_cast<const char*>(data), size);
}

}  // namespace sluice::tls
