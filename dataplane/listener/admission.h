// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_list.h"
#include "dataplane/event/socket.h"
#include "dataplane/http/stream_info.h"
#include "dataplane/listener/chain_index.h"
#include "dataplane/tls/server_context.h"

namespace sluice::listener {

class ActiveChain;
class ActiveListener;
class Admission;
class DownstreamConnection;

// Connections whose first words have not come: they belong to no chain yet. Outlives the listener
// where one of them does.
struct Lobby {
  ActiveListener* listener = nullptr;  // Null once that is gone.
  size_t connections = 0;
  base::IntrusiveList<Admission> list;
};

// An Admission is the way of a connection to its filter chain, where the client's first words
// decide: its facts are put together, and the listener is asked. With TLS it goes on to say of each
// request whether the handshake stands for its host: `b` is not served under a handshake for `a`
// that another chain, or another certificate, answered (TLS-02).
//
// Thread:   its worker's only.
// Lifetime: owned by its connection. Stands in the lobby's list, then in that of its chain.
// Limits:   remembers one host that was found to fit, so that a client which stays with one costs a
//           comparison a request.
class Admission final : public tls::ServerContextSelector,
                        public http::HandshakeScope,
                        public base::ListNode {
 public:
  Admission(std::shared_ptr<Lobby> lobby, DownstreamConnection& connection, event::Address source,
            uint16_t port);
  ~Admission() override;

  // TLS: chooses by the hello.
  std::shared_ptr<const tls::ServerTlsContext> Select(const tls::ClientHelloInfo& hello) override;

  // Plain text: joins a chain for it; false if there is none.
  bool AdmitPlain();

  Fit Judge(std::string_view authority) override;

  // Whether the same handshake would lead to the same chain today.
  bool StillBelongs() const;

  DownstreamConnection& connection() { return connection_; }

 private:
  int Find(const ChainIndex& index, std::string_view server_name, bool tls) const;
  void LeaveLobby();
  void NoteFit(std::string_view authority);

  const std::shared_ptr<Lobby> lobby_;
  DownstreamConnection& connection_;
  const event::Address source_;
  const uint16_t port_;
  bool waiting_ = true;

  // Of the handshake.
  std::string server_name_;
  std::vector<std::string> alpn_;
  const ActiveChain* chain_ = nullptr;              // Held by the connection.
  const tls::ServerTlsContext* context_ = nullptr;  // Held by the transport.

  // The last authority that was found to fit, and under which index: a later one may say otherwise.
  std::string fits_;
  uint64_t fits_under_ = 0;
  bool all_fit_ = false;  // Names make no difference there.
};

}  // namespace sluice::listener
