// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.h"
#include "base/buffer.h"
#include "dataplane/config/route.h"
#include "dataplane/filters/chain/filter_worker.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/http/message.h"
#include "dataplane/http/stream_info.h"

namespace sluice::filters {

// The fixed order in which filters act on a request (responses go the other way round). A filter
// belongs to one phase; within a phase configured order holds.
enum class Phase : uint8_t {
  kConnection,  // What the connection says: client certificates, CORS preflights.
  kIdentify,    // Who is calling.
  kAuthorize,   // May they.
  kLimit,       // How much.
  kShape,       // Rewriting of what goes on.
  kCache,
  kUpstream
};

// What a filter answers when it is shown part of a message.
enum class Verdict : uint8_t {
  kContinue,  // Go on to the next filter.
  kPause,  // Hold this message until FilterHost::Continue; body bytes are buffered within limits.
  kReply   // FilterHost::Reply was called: the request ends here.
};

// An answer made by the proxy itself.
//
// Lifetime: views, those of `headers` included, live as long as the exchange: in its arena, in its
//           configuration, or as literals. `headers` itself and `body` need outlive the call only.
struct LocalReply {
  uint16_t status = 500;
  std::string_view detail;   // Stable token, in logs and problem details.
  std::string_view message;  // One sentence for the client; empty: none, to gRPC the reason phrase.
  http::ResponseFlags flags;
  const http::HeaderMap* headers = nullptr;  // Added to the reply.
  std::string_view body;                     // With content_type: instead of problem details.
  std::string_view content_type;
};

// All that a filter knows of its exchange.
//
// Thread:   the exchange's worker.
// Lifetime: outlives the filter.
class FilterHost {
 public:
  virtual http::RequestHead& request() = 0;
  virtual http::ResponseHead* response() = 0;  // Null before there is one.
  virtual http::StreamInfo& info() = 0;
  virtual base::Arena& arena() = 0;
  virtual int64_t now_ns() const = 0;
  virtual FilterWorker& worker() = 0;

  // The route, once chosen; null when none matched.
  virtual const config::Route* route() const = 0;
  // Forgets the route, so that it is chosen again after a change of path, host or headers.
  virtual void ClearRoute() = 0;

  // This filter's most specific configuration for the route: weighted cluster, route, virtual
  // host, table; null if none overrides the chain's.
  virtual const config::FilterConfig* RouteConfig() const = 0;

  // For requests of the filter's own, during a pause. Calls that are under way when the exchange is
  // over (the client left) are cancelled then; their handles stay the filter's.
  virtual SideCalls& side_calls() = 0;

  // Ends a pause. May be called from inside a callback that came later, never from the call that
  // returned kPause.
  virtual void Continue() = 0;

  // Answers the client instead of going on. The filters before this one see the reply as a
  // response. Then return kReply, or, out of a pause, just return.
  virtual void Reply(const LocalReply& reply) = 0;

 protected:
  ~FilterHost() = default;
};

// A Filter looks at one exchange. It sees a request only through FilterHost and what it is handed.
//
// Thread:   the exchange's worker.
// Lifetime: made when a request begins, in the exchange's arena; destroyed when it ends, possibly
//           while paused: it then cancels what it waits for. Messages are gone by then.
// Errors:   none: a filter that cannot do its work replies or lets through, as configured.
class Filter {
 public:
  virtual ~Filter() = default;

  virtual Verdict OnRequest(http::RequestHead& head, bool end_stream) { return Verdict::kContinue; }
  virtual Verdict OnRequestData(base::Buffer& data, bool end_stream) { return Verdict::kContinue; }
  virtual Verdict OnRequestTrailers(http::HeaderMap& trailers) { return Verdict::kContinue; }

  virtual Verdict OnResponse(http::ResponseHead& head, bool end_stream) {
    return Verdict::kContinue;
  }
  virtual Verdict OnResponseData(base::Buffer& data, bool end_stream) { return Verdict::kContinue; }
  virtual Verdict OnResponseTrailers(http::HeaderMap& trailers) { return Verdict::kContinue; }
};

// Which of its calls a filter wants, so that the others cost nothing.
enum Hook : uint8_t {
  kOnRequest = 1,
  kOnRequestData = 2,
  kOnRequestTrailers = 4,
  kOnResponse = 8,
  kOnResponseData = 16,
  kOnResponseTrailers = 32,
};

// One kind of filter: its line of registration (filters/registry.cc).
struct FilterType {
  std::string_view type;  // Message name of its chain-level configuration.
  Phase phase;
  uint8_t hooks;  // Of Hook.
  // Makes a filter in `arena`; `config` is the chain's. Null if it has nothing to do on this route.
  Filter* (*create)(FilterHost& host, const config::FilterConfig* config, base::Arena& arena);
};

// The kind with that message name, or null.
const FilterType* FindFilterType(std::string_view type);

}  // namespace sluice::filters
