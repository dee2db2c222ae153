// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/config/route.h"
#include "dataplane/event/loop.h"
#include "dataplane/exchange/http_runtime.h"
#include "dataplane/exchange/upstream_call.h"

namespace sluice::exchange {

// A Shadow is a copy of a request sent to another cluster, whose answer nobody reads (request
// mirroring). It never holds the real request back: when its upstream is slower than the client by
// more than the buffers, the copy is given up.
//
// Thread:   its worker's only.
// Lifetime: keeps itself alive until its answer is over, or kTimeoutMs have passed; the exchange
//           holds a handle while it still has body to give.
class Shadow final : private UpstreamCallOwner, public std::enable_shared_from_this<Shadow> {
 public:
  static constexpr int64_t kTimeoutMs = 15'000;

  // Null if there is no such cluster.
  static std::shared_ptr<Shadow> Send(const Services& services, const config::MirrorPolicy& mirror,
                                      const http::RequestHead& head, bool end_stream);
  ~Shadow();

  // Shares `data`'s slices.
  void SendData(const base::Buffer& data, bool end_stream);

  // The client is gone, or what follows cannot be mirrored.
  void Abandon() { Done(); }

 private:
  Shadow(const Services& services, const config::MirrorPolicy& mirror,
         const http::RequestHead& head);

  void OnCallEndpoint(std::string_view hostname, uint32_t attempt) override {}
  void OnCallStarted() override {}
  void OnCallInformational(http::ResponseHead& head) override {}
  void OnCallResponse(http::ResponseHead& head, bool end_stream) override;
  void OnCallData(base::Buffer& data, bool end_stream) override;
  void OnCallTrailers(http::HeaderMap& trailers) override { Done(); }
  void OnCallFailed(const http::StreamError& error, bool retries_exhausted) override { Done(); }
  void OnCallCanSend() override {}
  void Done();

  event::Loop& loop_;
  base::Arena arena_;
  http::RequestHead head_{arena_};
  http::StreamInfo info_;
  const config::RetryPolicy no_retries_;
  UpstreamCall call_;
  event::MemberTimer<Shadow, &Shadow::Done> timer_{loop_, *this};
  std::shared_ptr<Shadow> self_;
};

}  // namespace sluice::exchange
