// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/http/codec.h"
#include "dataplane/http/stream_info.h"

namespace sluice::http {

// What a downstream connection hands its requests to: the seam between listener/ and exchange/.
//
// Thread:   its worker's only.
// Lifetime: a connection asks for the current one at each request; the one that began an exchange
//           also ends it.
class RequestHandler {
 public:
  // A request begins on `stream`. The sink lives until EndExchange, or until it was told OnReset.
  virtual RequestSink& BeginExchange(ServerStream& stream, const DownstreamInfo& downstream) = 0;

  // Both directions of the sink's stream ended well.
  virtual void EndExchange(RequestSink& sink) = 0;

  // A request too malformed to become an exchange; the codec has answered it with `status`.
  virtual void OnBadRequest(uint16_t status, const StreamError& error, std::string_view raw,
                            const DownstreamInfo& downstream) = 0;

  // So many bytes moved on a connection since this was last said of it.
  virtual void OnBytesMoved(uint64_t received, uint64_t sent) = 0;

 protected:
  ~RequestHandler() = default;
};

}  // namespace sluice::http
