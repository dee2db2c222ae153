// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "base/intrusive_list.h"
#include "dataplane/http/header_map.h"

// How a filter asks somebody else: a request of the proxy's own to a cluster (external
// authorization, token introspection, a rate limit service). It is traffic to that cluster like any
// other: same connections, TLS, balancing, circuit breakers and statistics.
//
// Legal sequence: Start, then either OnSideCallOver once, or Cancel, or the end of the handle.

namespace sluice::filters {

// Why there is no answer. A small value of the request path.
enum class SideCallFailure : uint8_t {
  kNone,            // There is one, whatever its status.
  kInvalidRequest,  // Method, scheme, authority, path or a field cannot be sent: nothing was.
  kNoCluster,
  kNoHealthyHost,
  kOverflow,        // A circuit breaker of the cluster.
  kConnectFailure,  // Connecting or its TLS handshake failed, or took too long.
  kTimeout,         // SideCallRequest::timeout_ms.
  kReset,           // The stream or its connection broke off.
  kTooLarge,        // The answer went beyond max_head_bytes or max_body_bytes.
  kMalformed,       // The answer was no HTTP.
  kShuttingDown
};

// A stable token of kebab-case for logs and problem details ("side-call-timeout"). Empty for kNone.
std::string_view SideCallToken(SideCallFailure failure);

// What is asked. Views need to live until Start returns.
struct SideCallRequest {
  static constexpr int64_t kMaxTimeoutMs = 600'000;
  static constexpr uint32_t kMaxRetries = 3;

  std::string_view cluster;
  std::string_view method = "GET";
  std::string_view scheme;  // "http" or "https"; empty: whether the cluster has TLS tells.
  // Empty: the name of the endpoint, or its address if it has none. A cluster with auto_sni needs
  // one: it connects by that name.
  std::string_view authority;
  std::string_view path = "/";  // With its query.
  // Names in lower case. What framing and connections need is the codec's to say: content-length,
  // te and the like are left out.
  http::HeaderMap headers;
  base::Buffer body;  // Moved out. Its size is the caller's to bound.

  // From Start to the last byte of the answer, all tries together: 1 to kMaxTimeoutMs; what lies
  // outside is taken as the nearest.
  int64_t timeout_ms = 1000;
  size_t max_head_bytes = 16 * 1024;  // Of fields, as HeaderMap::WireSize counts; trailers again.
  size_t max_body_bytes = 64 * 1024;
  // The peer may send trailers, and they are kept (gRPC).
  bool trailers = false;
  // How often it may be sent again because no connection could be made, and as often because a
  // connection that had lain in the pool turned out to be dead: 0 to kMaxRetries, more is taken as
  // that. Nothing else is tried again.
  uint32_t retries = 1;
  // Being acted on twice does no harm. Else a request whose method does not say so (RFC 9110
  // §9.2.2) is not sent again once it may have been read.
  bool idempotent = false;
};

// What came of it. The views live as long as the handle; `body` may be moved out.
struct SideCallOutcome {
  SideCallFailure failure = SideCallFailure::kNone;
  // Of a failure: a stable token of whoever noticed ("upstream-tls-failure"), and the transport's
  // own words; either may be empty.
  std::string_view detail;
  std::string_view transport_failure;
  std::string_view address;  // "ip:port" of the last endpoint; empty if none was chosen.

  // Of an answer only. Redirects are not followed and no status is an error here.
  uint16_t status = 0;
  http::HeaderMap headers;
  base::Buffer body;
  http::HeaderMap trailers;  // Only if asked for.
};

// Hears of the end of one call.
class SideCallObserver {
 public:
  // Called once at most, never from inside Start and never from inside a call of anybody else's:
  // at the end of a turn of the loop. The handle may be released here, and other calls begun.
  virtual void OnSideCallOver(SideCallOutcome& outcome) = 0;

 protected:
  ~SideCallObserver() = default;
};

// One call under way, or over. Whoever offers SideCalls may keep those of one exchange in a list.
class SideCall : public base::ListNode {
 public:
  // Gives it up: the observer hears nothing any more. Does nothing once it is over.
  virtual void Cancel() = 0;

 protected:
  ~SideCall() = default;

 private:
  friend struct SideCallReleaser;
  // Cancels; the call goes when nobody is in the midst of it.
  virtual void Release() = 0;
};

struct SideCallReleaser {
  void operator()(SideCall* call) const { call->Release(); }
};

// Owns a call: its end cancels.
using SideCallHandle = std::unique_ptr<SideCall, SideCallReleaser>;

// SideCalls makes calls to clusters. Filters get it from FilterHost::side_calls(), where the calls
// of an exchange are cancelled when that is over, even if their filters still wait to be destroyed.
//
// Thread:   one worker's (or the main thread's), where the observer is called too.
// Lifetime: outlives its handles.
// Errors:   become an outcome; Start always gives a handle.
// Limits:   a call holds its request, max_head_bytes twice, and max_body_bytes. How many there are
//           at once is bounded by who starts them (a filter one an exchange, say) and by the
//           cluster's circuit breakers.
class SideCalls {
 public:
  virtual SideCallHandle Start(SideCallRequest&& request, SideCallObserver& observer) = 0;

 protected:
  ~SideCalls() = default;
};

}  // namespace sluice::filters
