// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/config/tls.h"
#include "dataplane/tls/boringssl.h"
#include "dataplane/tls/certificate.h"

namespace re2 {
class RE2;
}

namespace sluice::tls {

// A PeerVerifier decides whether a peer's certificate chain is to be believed: it chains to a
// trusted root, is not revoked, carries an accepted name, and is pinned where pins are given.
//
// Without a trusted root and without pins there is no verifier: "no CA" never means "accept".
//
// Thread: immutable; any.
// Limits: chains of 16 certificates.
class PeerVerifier {
 public:
  // Errors: kInvalidArgument, naming the validation context and what is wrong with it.
  static absl::StatusOr<std::unique_ptr<const PeerVerifier>> Create(
      const config::TlsValidation& validation);
  ~PeerVerifier();

  // The trust anchors, for SSL_CTX.
  X509_STORE* store() const { return store_.get(); }

  // Those of `trusted_ca_pem`, to tell a client which certificates would do. Empty with the
  // machine's roots.
  const std::vector<bssl::UniquePtr<X509>>& authorities() const { return authorities_; }

  // Whether a chain must carry one of the configured names where none is required.
  bool checks_names() const { return !names_.empty(); }

  // Judges the chain that `context` was set up with. With `required_name` (a DNS name or IP
  // address) the leaf must carry it, in place of the configured names. On refusal sets the error
  // of `context` and `failure`, in words.
  bool Verify(X509_STORE_CTX* context, std::string_view required_name, std::string& failure) const;

 private:
  struct NameRule {
    config::SanMatcher matcher;
    std::unique_ptr<const re2::RE2> regex;
  };

  PeerVerifier();
  absl::Status Load(const config::TlsValidation& validation);
  bool VerifyChain(X509_STORE_CTX* context, std::string& failure) const;
  bool VerifyNames(const X509* leaf, std::string_view required, std::string& failure) const;
  bool VerifyPins(X509* leaf, std::string& failure) const;
  bool NameMatches(const NameRule& rule, const SubjectAltName& name) const;

  bssl::UniquePtr<X509_STORE> store_;
  std::vector<bssl::UniquePtr<X509>> authorities_;
  bssl::UniquePtr<STACK_OF(X509_CRL)> crls_;
  bool check_chain_ = true;
  unsigned long flags_ = 0;
  std::vector<NameRule> names_;
  std::vector<std::string> spki_pins_;         // SHA-256, raw.
  std::vector<std::string> certificate_pins_;  // SHA-256, raw.
};

}  // namespace sluice::tls
