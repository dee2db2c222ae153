// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/access/identity.h"

namespace sluice::access {

// Whom a table is about: it decides what stands behind a credential in its lines.
enum class Audience { kProxies, kOperators };

// A token as it is kept: a MAC under a key that this process drew. It tells nothing about the
// token, so that neither a dump of this process nor the time of a look-up helps to guess one.
using TokenDigest = std::string;
[[nodiscard]] TokenDigest DigestOf(std::string_view token);

// CredentialTable knows which credential is whose, for one audience.
//
// It is a text of lines, blank ones and those that begin with # aside:
//
//     token        SECRET  RIGHTS
//     certificate  SAN     RIGHTS
//
// SAN is a URI, DNS name or address as it stands in a client certificate that our CA signed. RIGHTS
// of a proxy are `NS/NAME [NS/NAME ...]`, the Gateways it may read, `*` being every one; those of
// an operator are `NAME read|write`, where NAME is what the history shows. Beyond the table, a
// proxy's certificate with the URI spiffe://DOMAIN/ns/NS/gateway/NAME may read that Gateway.
//
// Thread:   immutable once parsed, any.
// Lifetime: a value.
// Errors:   Parse names the line; it shows no word that could be a secret in the wrong place.
// Limits:   none; an operator writes it.
class CredentialTable {
 public:
  explicit CredentialTable(Audience audience) : audience_(audience) {}

  // Replaces the content. Returns an empty text, or what is wrong and in which line; then the table
  // is empty.
  [[nodiscard]] std::string Parse(std::string_view text);

  [[nodiscard]] std::optional<Identity> FindToken(const TokenDigest& digest) const;
  // The names are those of a certificate that has been verified.
  [[nodiscard]] std::optional<Identity> FindCertificate(
      const std::vector<std::string>& subject_alternative_names) const;

  [[nodiscard]] bool empty() const { return tokens_.empty() && certificates_.empty(); }
  [[nodiscard]] bool has_certificates() const { return !certificates_.empty(); }

 private:
  using Words = std::vector<std::string>;

  std::string ParseLine(const Words& words, int line_number);
  std::string ParseGateways(const Words& words, Identity& identity) const;
  std::string ParseRole(const Words& words, Identity& identity) const;
  void Clear();

  Audience audience_;
  std::unordered_map<TokenDigest, Identity> tokens_;
  std::unordered_map<std::string, Identity> certificates_;
};

// The token of an `authorization: Bearer TOKEN` header's value; the scheme's case does not matter.
[[nodiscard]] std::optional<std::string_view> BearerToken(std::string_view header);

}  // namespace sluice::access
