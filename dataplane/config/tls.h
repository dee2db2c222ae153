// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::config {

enum class TlsVersion : uint8_t { kTls12, kTls13 };

// A certificate chain with its key, or a trust bundle; PEM, as delivered.
struct TlsCertificate {
  std::string name;  // Of the secret it came from, for messages.
  std::string certificate_chain_pem;
  std::string private_key_pem;
  std::string ocsp_staple;  // DER; empty for none.
};

struct SanMatcher {
  enum class Type : uint8_t { kAny, kDns, kUri, kIp, kEmail };
  enum class Match : uint8_t { kExact, kPrefix, kSuffix, kContains, kRegex };
  Type type = Type::kAny;
  Match match = Match::kExact;
  std::string value;
  bool ignore_case = false;

  bool operator==(const SanMatcher&) const = default;
};

struct TlsValidation {
  std::string name;
  std::string trusted_ca_pem;  // Used unless system_roots.
  bool system_roots = false;
  std::vector<SanMatcher> sans;  // Any of them; empty accepts every name of a trusted chain.
  std::vector<std::string> spki_sha256_base64;
  std::vector<std::string> certificate_sha256_hex;
  std::string crl_pem;
  bool allow_expired = false;
  bool trust_chain_only_leaf_crl = false;

  bool operator==(const TlsValidation&) const = default;
};

struct TlsCommon {
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;
  std::vector<std::string> cipher_suites;  // TLS 1.2 only; empty for our own list.
  std::vector<std::string> groups;         // Empty: X25519MLKEM768, X25519, P-256.
  std::vector<std::string> alpn;           // In order of preference; empty offers or accepts none.
  std::vector<TlsCertificate> certificates;
  std::shared_ptr<const TlsValidation> validation;  // Null: peers are not checked.
};

// What a filter chain's downstream side of TLS does.
struct DownstreamTls {
  TlsCommon common;
  bool require_client_certificate = false;  // Needs common.validation.
  bool session_tickets = true;
  std::vector<std::string>
      ticket_keys;  // 80 bytes each; the first encrypts. Empty: our own, rotated.
  // Cut to what lies between 1 s and 3 h, for which our own ticket keys are kept.
  int64_t session_timeout_s = 7200;
};

// What a cluster's connections do.
struct UpstreamTls {
  TlsCommon common;
  std::string sni;
  bool auto_sni = false;             // SNI is the request's host.
  bool auto_san_validation = false;  // The certificate must carry the SNI.
  uint32_t max_session_keys = 1;     // Sessions kept per endpoint for resumption; 0 for none.
};

}  // namespace sluice::config
