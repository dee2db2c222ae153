// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/pushapi/call_port.h"

namespace sluice::pushapi {

// OperatorTable knows which credential may call the push API, and what it may do.
//
// It is a text of lines, blank ones and those that begin with # aside:
//
//     token        SECRET  NAME  read|write
//     certificate  SAN     NAME  read|write
//
// NAME is what the history shows. SAN is a URI, DNS name or address as it stands in a client
// certificate that our CA signed. Std types only: the gRPC door reads it too.
//
// Thread:   immutable once parsed, any.
// Lifetime: a value.
// Errors:   Parse names the line; it never shows a secret.
// Limits:   none; an operator writes it.
class OperatorTable {
 public:
  OperatorTable();

  // Replaces the content. Returns an empty text, or what is wrong and in which line; then the table
  // is empty.
  [[nodiscard]] std::string Parse(std::string_view text);

  // Takes as long for a wrong token as for a right one.
  [[nodiscard]] std::optional<Caller> FindToken(std::string_view token) const;
  // The names are those of a certificate that has been verified.
  [[nodiscard]] std::optional<Caller> FindCertificate(
      const std::vector<std::string>& subject_alternative_names) const;

  [[nodiscard]] bool empty() const { return tokens_.empty() && certificates_.empty(); }
  [[nodiscard]] bool has_tokens() const { return !tokens_.empty(); }

 private:
  struct Token {
    std::string secret;
    Caller caller;
  };

  std::string ParseLine(const std::vector<std::string>& words);

  // Tokens are found by a hash under a key of this process, so that neither the time of a look-up
  // nor crafted tokens tell anything about the table.
  uint64_t key0_ = 0;
  uint64_t key1_ = 0;
  std::unordered_map<uint64_t, std::vector<Token>> tokens_;
  std::unordered_map<std::string, Caller> certificates_;
};

// The token of an `authorization: Bearer TOKEN` header's value; the scheme's case does not matter.
[[nodiscard]] std::optional<std::string_view> BearerToken(std::string_view header);

}  // namespace sluice::pushapi
