// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/client_verifier.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <mutex>
#include <utility>

#include "controlplane/access/pem.h"

namespace sluice::access {
namespace {

constexpr size_t kMaxIntermediates = 64;

using ContextPtr = std::unique_ptr<X509_STORE_CTX, FreeBy<X509_STORE_CTX_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

// Does not own what it holds.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::string ToText(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string ToAddress(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  const int length = ASN1_STRING_length(bytes);
  const int family = length == 4 ? AF_INET : length == 16 ? AF_INET6 : AF_UNSPEC;
  if (family == AF_UNSPEC) return {};
  inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof(text));
  return text;
}

std::vector<std::string> AlternativeNames(const X509* certificate) {
  std::vector<std::string> out;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_DNS:
      case GEN_URI:
      case GEN_EMAIL:
        out.push_back(ToText(name->d.ia5));
        break;
      case GEN_IPADD:
        out.push_back(ToAddress(name->d.iPAddress));
        break;
      default:
        break;
    }
  }
  return out;
}

class StoreVerifier : public ClientVerifier {
 public:
  explicit StoreVerifier(const std::vector<CertificatePtr>& authorities)
      : store_(X509_STORE_new()) {
    for (const CertificatePtr& authority : authorities) {
      X509_STORE_add_cert(store_.get(), authority.get());
    }
    ERR_clear_error();
  }

  std::optional<std::vector<std::string>> Verify(const std::string& certificate_pem,
                                                 const std::string& chain_pem,
                                                 std::string* why) const override {
    const std::vector<CertificatePtr> leaf = ReadCertificates(certificate_pem);
    const std::vector<CertificatePtr> chain = ReadCertificates(chain_pem);
    if (leaf.empty()) {
      *why = "it does not parse";
      return std::nullopt;
    }
    const StackPtr untrusted = Untrusted(chain);
    const ContextPtr context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store_.get(), leaf[0].get(), untrusted.get());
    X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
    const bool is_good = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!is_good) {
      *why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
      return std::nullopt;
    }
    RememberIntermediates(X509_STORE_CTX_get0_chain(context.get()));
    return AlternativeNames(leaf[0].get());
  }

 private:
  // Those that came along, and those that are remembered.
  StackPtr Untrusted(const std::vector<CertificatePtr>& chain) const {
    StackPtr stack(sk_X509_new_null());
    for (const CertificatePtr& certificate : chain) sk_X509_push(stack.get(), certificate.get());
    // Grows only, and what it holds lives as long as we do.
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const CertificatePtr& known : intermediates_) sk_X509_push(stack.get(), known.get());
    return stack;
  }

  // `verified` runs from the leaf to one of our authorities. What lies between is taken from there,
  // and not from what the client sent along: else any client could fill the places with rubbish.
  void RememberIntermediates(const STACK_OF(X509) * verified) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (int i = 1; i + 1 < sk_X509_num(verified); ++i) {
      X509* const certificate = sk_X509_value(verified, i);
      if (intermediates_.size() >= kMaxIntermediates) return;
      bool is_known = false;
      for (const CertificatePtr& known : intermediates_) {
        is_known = is_known || X509_cmp(known.get(), certificate) == 0;
      }
      if (is_known) continue;
      X509_up_ref(certificate);
      intermediates_.emplace_back(certificate);
    }
  }

  const StorePtr store_;
  mutable std::mutex mutex_;
  mutable std::vector<CertificatePtr> intermediates_;
};

}  // namespace

std::shared_ptr<const ClientVerifier> ClientVerifier::Create(const std::string& ca_pem,
                                                             std::string* error) {
  const std::vector<CertificatePtr> authorities = ReadCertificates(ca_pem);
  if (authorities.empty()) {
    *error = "holds no certificate that can be read";
    return nullptr;
  }
  return std::make_shared<const StoreVerifier>(authorities);
}

}  // namespace sluice::access
