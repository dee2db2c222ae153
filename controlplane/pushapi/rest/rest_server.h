// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <cstddef>
#include <mutex>
#include <unordered_set>

#include "controlplane/pushapi/rest/rest_connection.h"
#include "controlplane/pushapi/rest/rest_tls.h"

namespace sluice::pushapi {

// RestServer is cpp-httplib's server with connections of our own: plain or TLS, and limited.
//
// Thread:   any.
// Lifetime: `tls` outlives it.
// Limits:   `max_connections` are served, each on a thread of its own; as many wait for one of
//           those, and what comes beyond is closed. 100 requests a connection.
class RestServer : public httplib::Server {
 public:
  RestServer(const ConnectionLimits& limits, size_t max_connections, RestTls& tls);

  // Ends the connections and the accepting.
  void StopAll();

  // The connection whose request this thread is serving.
  [[nodiscard]] static RestConnection& Current();

 private:
  bool process_and_close_socket(socket_t socket) override;
  bool Enter(int socket);
  void Leave(int socket);

  const ConnectionLimits limits_;
  RestTls& tls_;
  std::mutex mutex_;
  std::unordered_set<int> open_;
  bool is_stopped_ = false;
};

}  // namespace sluice::pushapi
