// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/config/listener.h"
#include "dataplane/filters/chain/filter.h"
#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"

namespace sluice::exchange {

// A source of random numbers for one worker (xoshiro256**): weighted choices, jitter, request ids.
// Not for secrets.
//
// Thread: its worker's only.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t Next();
  // Uniform in [0, bound); 0 for a bound of 0.
  uint64_t Below(uint64_t bound);

 private:
  uint64_t state_[4];
};

// Makes the one form of a request that everything behind it sees: host without what the settings
// strip, normalized path, no header that only we may set, client address by trusted hops, request
// id. Runs before any filter and before routing (attacks §5 and §6).
//
// Returns a reply when the request is refused or redirected here; it may refer to `reply_headers`,
// which come empty.
std::optional<filters::LocalReply> TakeIn(const config::HttpConnection& config,
                                          const http::DownstreamInfo& downstream, Random& random,
                                          http::RequestHead& head, http::StreamInfo& info,
                                          http::HeaderMap& reply_headers);

}  // namespace sluice::exchange
