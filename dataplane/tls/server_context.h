// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "dataplane/config/tls.h"

struct ssl_st;

namespace sluice::tls {

// A ServerTlsContext is what one filter chain presents to clients and asks of them: certificates,
// versions, ALPN, client certificates, session tickets.
//
// A session may be resumed only where certificates and rules for clients are the same ones
// (CVE-2025-23419): the session id context is a hash of them.
//
// Thread:   built on one, then shared by all; immutable but for its ticket keys (ticket_keys.h).
// Lifetime: connections hold a shared_ptr.
// Errors:   kInvalidArgument, naming the certificate or setting; see certificate.h.
class ServerTlsContext {
 public:
  static absl::StatusOr<std::shared_ptr<const ServerTlsContext>> Create(
      const config::DownstreamTls& config, const base::Clock& clock = base::Clock::System());
  ~ServerTlsContext();

  // What is odd but no reason to refuse: certificates that have expired or are not valid yet.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Certificates and client rules as one value: sessions are resumed under the same one only.
  std::string_view identity() const { return identity_; }

  // The name makes no difference to what is presented.
  bool has_one_certificate() const;
  // Whether a client that had asked for `other` instead of `name` would have been shown the same
  // certificate. Both are normalized (names.h), or empty for a client that names none.
  bool PresentsSameCertificate(std::string_view name, std::string_view other) const;

  bool asks_for_client_certificate() const { return asks_for_client_certificate_; }

 private:
  friend class TlsServerTransport;
  struct Internals;

  ServerTlsContext();
  // A new server side that uses this context.
  ssl_st* NewSsl() const;

  std::vector<std::string> warnings_;
  std::string identity_;
  bool asks_for_client_certificate_ = false;
  std::unique_ptr<Internals> internals_;
};

// What a client's first message says, before anything is decided.
struct ClientHelloInfo {
  // Normalized (names.h); empty if it named none.
  std::string server_name;
  // In the client's order; empty if it offered none.
  std::vector<std::string> alpn;
};

// Chooses the context of a connection by what the client asks for: the filter chains of a listener.
class ServerContextSelector {
 public:
  virtual ~ServerContextSelector() = default;

  // Null refuses the handshake.
  virtual std::shared_ptr<const ServerTlsContext> Select(const ClientHelloInfo& hello) = 0;
};

}  // namespace sluice::tls
