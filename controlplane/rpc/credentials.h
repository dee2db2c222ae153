// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/xdsserver/stream_port.h"

namespace sluice::rpc {

// CredentialTable knows which credential may read which Gateways.
//
// It is a text of lines, blank ones and those that begin with # aside:
//
//     token        SECRET    NS/NAME [NS/NAME ...]
//     certificate  SAN       NS/NAME [NS/NAME ...]
//
// A Gateway may be `*`: every one. SAN is a URI, DNS name or address as it stands in a client
// certificate that our CA signed. Beyond the table, a certificate with the URI
// spiffe://DOMAIN/ns/NS/gateway/NAME may read that Gateway.
//
// Thread:   immutable once parsed, any.
// Lifetime: a value.
// Errors:   Parse names the line; it never shows a secret.
// Limits:   none; an operator writes it.
class CredentialTable {
 public:
  CredentialTable();

  // Replaces the content. Returns an empty text, or what is wrong and in which line; then the table
  // is empty.
  [[nodiscard]] std::string Parse(std::string_view text);

  // Takes as long for a wrong token as for a right one.
  [[nodiscard]] std::optional<xdsserver::Peer> FindToken(std::string_view token) const;

  // The names are those of a certificate that has been verified.
  [[nodiscard]] std::optional<xdsserver::Peer> FindCertificate(
      const std::vector<std::string>& subject_alternative_names) const;

  [[nodiscard]] bool has_tokens() const { return !tokens_.empty(); }

 private:
  struct Token {
    std::string secret;
    xdsserver::Peer peer;
  };

  std::string ParseLine(const std::vector<std::string>& words, int line_number);

  // Tokens are found by a hash under a key of this process, so that neither the time of a look-up
  // nor crafted tokens tell anything about the table.
  uint64_t key0_ = 0;
  uint64_t key1_ = 0;
  std::unordered_map<uint64_t, std::vector<Token>> tokens_;
  std::unordered_map<std::string, xdsserver::Peer> certificates_;
};

// True for 127.0.0.0/8, [::1], localhost and unix sockets, each with or without a port.
[[nodiscard]] bool IsLoopback(std::string_view address);

}  // namespace sluice::rpc
