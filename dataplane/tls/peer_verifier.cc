// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tls/peer_verifier.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/mem.h>
#include <openssl/sha.h>
#include <re2/re2.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "dataplane/tls/names.h"

namespace sluice::tls {
namespace {

// Longer chains than this are somebody's attempt to keep us busy.
constexpr int kMaxDepth = 16;

// Where distributions keep the machine's roots: Debian, Red Hat, SUSE, Alpine and BSD.
constexpr const char* kSystemRoots[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

absl::Status Bad(const config::TlsValidation& validation, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("validation context \"", validation.name, "\": ", what));
}

absl::StatusOr<bssl::UniquePtr<X509_STORE>> ReadSystemRoots() {
  for (const char* path : kSystemRoots) {
    std::ifstream file(path, std::ios::binary);
    if (!file) continue;
    std::ostringstream text;
    text << file.rdbuf();
    auto roots = ParseCertificates(text.str());
    if (!roots.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", roots.status().message()));
    }
    bssl::UniquePtr<X509_STORE> store(X509_STORE_new());
    for (const auto& root : *roots) X509_STORE_add_cert(store.get(), root.get());
    return store;
  }
  return absl::NotFoundError("this machine has no bundle of root certificates");
}

// Read once and shared by all: a bundle is about a megabyte, and clusters are many.
absl::StatusOr<bssl::UniquePtr<X509_STORE>> SystemRoots() {
  static const auto* const roots =
      new absl::StatusOr<bssl::UniquePtr<X509_STORE>>(ReadSystemRoots());
  if (!roots->ok()) return roots->status();
  return bssl::UpRef(**roots);
}

std::string Sha256(const uint8_t* data, size_t size) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(data, size, reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

bool Contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool SameIp(std::string_view a, std::string_view b) {
  uint8_t x[16], y[16];
  const std::string left(a), right(b);
  for (int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, left.c_str(), x) == 1) {
      return inet_pton(family, right.c_str(), y) == 1 &&
             std::equal(x, x + (family == AF_INET ? 4 : 16), y);
    }
  }
  return false;
}

bool IsIp(std::string_view text) { return SameIp(text, text); }

bool TypeMatches(config::SanMatcher::Type wanted, SubjectAltName::Type type) {
  switch (wanted) {
    case config::SanMatcher::Type::kAny:
      return true;
    case config::SanMatcher::Type::kDns:
      return type == SubjectAltName::Type::kDns;
    case config::SanMatcher::Type::kUri:
      return type == SubjectAltName::Type::kUri;
    case config::SanMatcher::Type::kIp:
      return type == SubjectAltName::Type::kIp;
    case config::SanMatcher::Type::kEmail:
      return type == SubjectAltName::Type::kEmail;
  }
  return false;
}

std::string NamesForPeople(const std::vector<SubjectAltName>& names) {
  if (names.empty()) return "no name";
  const size_t shown = std::min<size_t>(names.size(), 8);
  return absl::StrJoin(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", ",
                       [](std::string* out, const SubjectAltName& name) { *out += name.value; });
}

}  // namespace

PeerVerifier::PeerVerifier() = default;
PeerVerifier::~PeerVerifier() = default;

absl::StatusOr<std::unique_ptr<const PeerVerifier>> PeerVerifier::Create(
    const config::TlsValidation& validation) {
  std::unique_ptr<PeerVerifier> verifier(new PeerVerifier());
  SLUICE_RETURN_IF_ERROR(verifier->Load(validation));
  return verifier;
}

absl::Status PeerVerifier::Load(const config::TlsValidation& validation) {
  if (validation.system_roots) {
    auto roots = SystemRoots();
    if (!roots.ok()) return Bad(validation, roots.status().message());
    store_ = *std::move(roots);
  } else {
    store_.reset(X509_STORE_new());
    if (!validation.trusted_ca_pem.empty()) {
      auto roots = ParseCertificates(validation.trusted_ca_pem);
      if (!roots.ok()) {
        return Bad(validation, absl::StrCat("trusted CA: ", roots.status().message()));
      }
      for (const auto& root : *roots) X509_STORE_add_cert(store_.get(), root.get());
      authorities_ = *std::move(roots);
    }
  }
  for (std::string pin : validation.spki_sha256_base64) {
    std::string raw;
    if (!absl::Base64Unescape(pin, &raw) || raw.size() != SHA256_DIGEST_LENGTH) {
      return Bad(validation, absl::StrCat("\"", pin, "\" is no base64 of a SHA-256"));
    }
    spki_pins_.push_back(std::move(raw));
  }
  for (const std::string& pin : validation.certificate_sha256_hex) {
    const std::string digits = absl::StrReplaceAll(pin, {{":", ""}});
    if (digits.size() != 2 * SHA256_DIGEST_LENGTH ||
        !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
      return Bad(validation, absl::StrCat("\"", pin, "\" is no hexadecimal SHA-256"));
    }
    certificate_pins_.push_back(absl::HexStringToBytes(digits));
  }
  check_chain_ = validation.system_roots || !authorities_.empty();
  if (!check_chain_ && spki_pins_.empty() && certificate_pins_.empty()) {
    return Bad(validation, "no trusted CA, no system roots and no pins: nothing could be believed");
  }
  for (const config::SanMatcher& matcher : validation.sans) {
    NameRule rule{matcher, nullptr};
    if (matcher.match == config::SanMatcher::Match::kRegex) {
      re2::RE2::Options options(re2::RE2::Quiet);
      options.set_case_sensitive(!matcher.ignore_case);
      rule.regex = std::make_unique<re2::RE2>(matcher.value, options);
      if (!rule.regex->ok()) {
        return Bad(validation,
                   absl::StrCat("regex \"", matcher.value, "\": ", rule.regex->error()));
      }
    }
    names_.push_back(std::move(rule));
  }
  // An intermediate that is trusted by itself is an anchor, as everywhere outside OpenSSL.
  flags_ = X509_V_FLAG_PARTIAL_CHAIN;
  if (validation.allow_expired) flags_ |= X509_V_FLAG_NO_CHECK_TIME;
  if (!validation.crl_pem.empty()) {
    flags_ |= X509_V_FLAG_CRL_CHECK;
    if (!validation.trust_chain_only_leaf_crl) flags_ |= X509_V_FLAG_CRL_CHECK_ALL;
    crls_.reset(sk_X509_CRL_new_null());
    bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(validation.crl_pem.data(),
                                             static_cast<ossl_ssize_t>(validation.crl_pem.size())));
    while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
      bssl::PushToStack(crls_.get(), bssl::UniquePtr<X509_CRL>(crl));
    }
    const uint32_t error = ERR_peek_last_error();
    const bool end =
        ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    const std::string why = TakeError("malformed");
    const size_t count = sk_X509_CRL_num(crls_.get());
    if (!end || count == 0) {
      return Bad(validation, absl::StrCat("CRL ", count + 1, " cannot be read: ", why));
    }
  }
  return absl::OkStatus();
}

bool PeerVerifier::Verify(X509_STORE_CTX* context, std::string_view required_name,
                          std::string& failure) const {
  X509* leaf = X509_STORE_CTX_get0_cert(context);
  if (leaf == nullptr) {
    failure = "the peer sent no certificate";
    return false;
  }
  if (check_chain_ && !VerifyChain(context, failure)) return false;
  if (!VerifyNames(leaf, required_name, failure)) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
    return false;
  }
  if (!VerifyPins(leaf, failure)) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REJECTED);
    return false;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return true;
}

bool PeerVerifier::VerifyChain(X509_STORE_CTX* context, std::string& failure) const {
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(param, flags_);
  X509_VERIFY_PARAM_set_depth(param, kMaxDepth);
  if (crls_ != nullptr) X509_STORE_CTX_set0_crls(context, crls_.get());
  if (X509_verify_cert(context) == 1) return true;
  ERR_clear_error();
  const X509* at = X509_STORE_CTX_get_current_cert(context);
  failure = absl::StrCat(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)),
                         " (depth ", X509_STORE_CTX_get_error_depth(context),
                         at == nullptr ? "" : ", ", at == nullptr ? "" : SubjectOf(at), ")");
  return false;
}

bool PeerVerifier::VerifyNames(const X509* leaf, std::string_view required,
                               std::string& failure) const {
  if (required.empty() && names_.empty()) return true;
  const std::vector<SubjectAltName> names = SubjectAltNames(leaf);
  // An address is never looked for among DNS names, where "*.0.0.1" would cover many (RFC 9525
  // section 6.4).
  const bool address = IsIp(required);
  for (const SubjectAltName& name : names) {
    if (!required.empty()) {
      if (name.type == SubjectAltName::Type::kDns && !address &&
          DnsNameCovers(name.value, required)) {
        return true;
      }
      if (name.type == SubjectAltName::Type::kIp && SameIp(name.value, required)) return true;
      continue;
    }
    for (const NameRule& rule : names_) {
      if (NameMatches(rule, name)) return true;
    }
  }
  failure = absl::StrCat("the certificate is for ", NamesForPeople(names), ", not for ",
                         required.empty() ? std::string_view(names_[0].matcher.value) : required,
                         required.empty() && names_.size() > 1 ? " or another accepted name" : "");
  return false;
}

bool PeerVerifier::NameMatches(const NameRule& rule, const SubjectAltName& name) const {
  const config::SanMatcher& m = rule.matcher;
  if (!TypeMatches(m.type, name.type)) return false;
  if (rule.regex != nullptr) return re2::RE2::FullMatch(name.value, *rule.regex);
  if (m.match == config::SanMatcher::Match::kExact) {
    // A wildcard certificate covers a name that is expected exactly.
    if (name.type == SubjectAltName::Type::kDns) return DnsNameCovers(name.value, m.value);
    if (name.type == SubjectAltName::Type::kIp) return SameIp(name.value, m.value);
  }
  const std::string value = m.ignore_case ? absl::AsciiStrToLower(name.value) : name.value;
  const std::string wanted = m.ignore_case ? absl::AsciiStrToLower(m.value) : m.value;
  switch (m.match) {
    case config::SanMatcher::Match::kExact:
      return value == wanted;
    case config::SanMatcher::Match::kPrefix:
      return value.starts_with(wanted);
    case config::SanMatcher::Match::kSuffix:
      return value.ends_with(wanted);
    case config::SanMatcher::Match::kContains:
      return absl::StrContains(value, wanted);
    case config::SanMatcher::Match::kRegex:
      return false;  // Done above.
  }
  return false;
}

bool PeerVerifier::VerifyPins(X509* leaf, std::string& failure) const {
  if (spki_pins_.empty() && certificate_pins_.empty()) return true;
  uint8_t* der = nullptr;
  int size = i2d_X509(leaf, &der);
  const bool certificate = size > 0 && Contains(certificate_pins_, Sha256(der, size));
  OPENSSL_free(der);
  if (certificate) return true;
  der = nullptr;
  size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
  const bool key = size > 0 && Contains(spki_pins_, Sha256(der, size));
  OPENSSL_free(der);
  if (!key) failure = "the certificate is not among the pinned ones";
  return key;
}

}  // namespace sluice::tls
