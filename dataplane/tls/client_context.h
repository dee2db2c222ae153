// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "dataplane/config/tls.h"

struct ssl_st;

namespace sluice::tls {

// To whom a connection goes.
struct ClientTlsTarget {
  // The server name to ask for, where the configuration leaves it to the request (auto_sni); empty
  // takes the configured one. An IP address is not asked for, but checked like a name. Where names
  // are to be checked (auto_san_validation) and there is neither this nor a configured one, the
  // handshake fails.
  std::string server_name;
  // Which endpoint, so that sessions are offered to whoever gave them ("10.0.0.1:443").
  std::string endpoint;
};

// A ClientTlsContext is how connections of one cluster are made: whom to trust, what to present,
// and the sessions that may be resumed. A changed configuration is a new context, so that no
// session outlives the rules that it was made under.
//
// Thread:   built on one, then shared by all; its session cache has a lock, taken at handshakes.
// Lifetime: connections hold a shared_ptr.
// Errors:   kInvalidArgument, naming the certificate or setting.
// Limits:   max_session_keys sessions for each of kMaxCachedTargets pairs of server name and
//           endpoint.
class ClientTlsContext {
 public:
  static constexpr size_t kMaxCachedTargets = 1024;

  static absl::StatusOr<std::shared_ptr<const ClientTlsContext>> Create(
      const config::UpstreamTls& config, const base::Clock& clock = base::Clock::System());
  ~ClientTlsContext();

  const std::vector<std::string>& warnings() const { return warnings_; }

  // False if nothing checks who the peer is.
  bool verifies_peer() const { return verifies_peer_; }

 private:
  friend class TlsClientTransport;
  struct Internals;

  ClientTlsContext();
  // A new client side for `target`, the caller's. Sets `required_name` if names are to be checked,
  // and `session_key` if sessions are kept.
  ssl_st* NewSsl(const ClientTlsTarget& target, std::string& required_name,
                 std::string& session_key) const;

  std::vector<std::string> warnings_;
  bool verifies_peer_ = false;
  std::unique_ptr<Internals> internals_;
};

}  // namespace sluice::tls
