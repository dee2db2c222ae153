// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::access {

// ClientVerifier says whether our CA vouches, at this moment, for the certificate of a client.
//
// The handshake has asked that already. It is asked again for each call, because a connection may
// outlive the CA that it was let in by, and the certificate that it came with.
//
// Thread:   any.
// Errors:   Create returns null, and Verify nothing; both say why.
// Limits:   remembers 64 intermediates, all of them certificates that our CA vouches for.
class ClientVerifier {
 public:
  // Of one or more PEM certificates.
  [[nodiscard]] static std::shared_ptr<const ClientVerifier> Create(const std::string& ca_pem,
                                                                    std::string* error);
  virtual ~ClientVerifier() = default;

  // The subject alternative names (URIs, DNS names, addresses, mail addresses). `chain_pem` holds
  // the intermediates that came along. A resumed TLS session brings none: those that completed an
  // earlier chain are remembered for it, which lends them no trust.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> Verify(
      const std::string& certificate_pem, const std::string& chain_pem, std::string* why) const = 0;
};

}  // namespace sluice::access
