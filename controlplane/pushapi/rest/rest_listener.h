// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/pushapi/handlers.h"
#include "controlplane/pushapi/operators.h"

namespace sluice::pushapi {

struct RestListenerOptions {
  std::string address = "127.0.0.1:15021";  // HOST:PORT; port 0 takes a free one
  int threads = 8;
  size_t max_body_bytes = 64 * 1024 * 1024;
};

// RestListener is the HTTP/1.1 port of the push API; the one door to cpp-httplib. It is plaintext,
// so it starts on loopback only: whoever wants REST from elsewhere puts a Gateway of ours before
// it.
//
// A browser on the same machine is not the operator: requests with a foreign Host or Origin are
// refused, so that no page can write to the registry. With operators configured a token is needed.
//
// Thread:   any; requests run on `threads` threads of its own.
// Lifetime: `handlers` outlives it. The destructor ends open requests and waits for them.
// Errors:   Start says why it cannot listen.
// Limits:   the options; 5 s to send a request, 100 requests a connection; WatchRoom::kMaxOpen
//           watches, which have threads of their own besides.
class RestListener {
 public:
  static absl::StatusOr<std::unique_ptr<RestListener>> Start(const RestListenerOptions& options,
                                                             OperatorTable operators,
                                                             Handlers& handlers);
  virtual ~RestListener() = default;

  // The port that is bound.
  [[nodiscard]] virtual int bound_port() const = 0;
};

}  // namespace sluice::pushapi
