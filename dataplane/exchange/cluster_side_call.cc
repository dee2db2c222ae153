// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/cluster_side_call.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "dataplane/http/syntax.h"

namespace sluice::exchange {

using filters::SideCallFailure;
using filters::SideCallRequest;
using http::ErrorKind;

namespace {

// A path and query that stay one line and one word.
bool IsPath(std::string_view path) {
  return path.starts_with('/') && std::none_of(path.begin(), path.end(), [](unsigned char c) {
           return c <= ' ' || c == 0x7f;
         });
}

bool IsSendable(const SideCallRequest& request) {
  const bool knows_scheme =
      request.scheme.empty() || request.scheme == "http" || request.scheme == "https";
  const bool knows_authority = request.authority.empty() || http::IsAuthority(request.authority);
  // A tunnel is no request with an answer.
  const bool knows_method = http::IsToken(request.method) && request.method != "CONNECT";
  return knows_scheme && knows_authority && knows_method && IsPath(request.path) &&
         std::all_of(request.headers.begin(), request.headers.end(), [](const auto& field) {
           return http::IsFieldName(field.name) && http::IsFieldValue(field.value);
         });
}

}  // namespace

SideCallFailure FailureOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone:
    case ErrorKind::kReset:
    case ErrorKind::kConnectionClosed:
    case ErrorKind::kGoAway:
      return SideCallFailure::kReset;
    case ErrorKind::kProtocol:
    case ErrorKind::kUnsupported:
    case ErrorKind::kVersionUnsupported:
    case ErrorKind::kFlood:
      return SideCallFailure::kMalformed;
    case ErrorKind::kHeadersTooLarge:
    case ErrorKind::kUriTooLong:
    case ErrorKind::kBodyTooLarge:
      return SideCallFailure::kTooLarge;
    case ErrorKind::kHeaderTimeout:
    case ErrorKind::kIdleTimeout:
    case ErrorKind::kFlushTimeout:
      return SideCallFailure::kTimeout;
    case ErrorKind::kConnectFailure:
    case ErrorKind::kConnectTimeout:
    case ErrorKind::kTlsFailure:
      return SideCallFailure::kConnectFailure;
    case ErrorKind::kOverflow:
      return SideCallFailure::kOverflow;
    case ErrorKind::kNoHealthyHost:
      return SideCallFailure::kNoHealthyHost;
    case ErrorKind::kDrained:
      return SideCallFailure::kShuttingDown;
  }
  return SideCallFailure::kReset;
}

ClusterSideCall::ClusterSideCall(event::Loop& loop, Random& random,
                                 filters::SideCallObserver& observer)
    : loop_(loop), observer_(observer), call_(loop, random, *this) {}

void ClusterSideCall::Start(upstream::ClusterSet& clusters, SideCallRequest&& request) {
  upstream::Cluster* cluster = clusters.Find(request.cluster);
  if (cluster == nullptr) return Fail(SideCallFailure::kNoCluster, "cluster-not-found");
  if (!TakeHead(request, cluster->config().tls_context != nullptr)) {
    return Fail(SideCallFailure::kInvalidRequest, "illegal-request-head");
  }
  max_head_bytes_ = request.max_head_bytes;
  max_body_bytes_ = request.max_body_bytes;
  const uint32_t retries = std::min(request.retries, SideCallRequest::kMaxRetries);
  if (retries > 0) policy_.on = config::RetryPolicy::kConnectFailure;
  policy_.max_retries = retries;
  timer_.Arm(std::clamp<int64_t>(request.timeout_ms, 1, SideCallRequest::kMaxTimeoutMs));
  const bool end_stream = request.body.empty();
  call_.Start(*cluster, policy_, head_, end_stream, info_, {retries, request.idempotent});
  if (!end_stream) call_.SendData(request.body, /*end_stream=*/true);
}

bool ClusterSideCall::TakeHead(const SideCallRequest& request, bool tls) {
  if (!IsSendable(request)) return false;
  // What matters where the cluster speaks as the client does: trailers ask for HTTP/2.
  head_.version = request.trailers ? http::Version::kHttp2 : http::Version::kHttp11;
  head_.method = arena_.Copy(request.method);
  head_.scheme = request.scheme.empty() ? (tls ? "https" : "http") : arena_.Copy(request.scheme);
  head_.authority = arena_.Copy(request.authority);
  names_endpoint_ = request.authority.empty();
  head_.path = arena_.Copy(request.path);
  head_.accepts_trailers = request.trailers;
  if (!request.body.empty()) head_.framing = {http::Framing::Kind::kLength, request.body.size()};
  for (const http::HeaderMap::Field& field : request.headers) {
    head_.headers.Add({arena_.Copy(field.name), arena_.Copy(field.value), field.id});
  }
  return true;
}

void ClusterSideCall::Cancel() {
  timer_.Disarm();
  teller_.Unlink();
  call_.Cancel();
}

void ClusterSideCall::Release() {
  Cancel();
  Unlink();  // Of the list of its exchange, which may go before the end of the turn.
  loop_.DeleteLater(std::unique_ptr<event::Deferred>(this));
}

// ---- The answer ---------------------------------------------------------------------------------

void ClusterSideCall::OnCallEndpoint(std::string_view hostname, uint32_t) {
  if (!names_endpoint_) return;
  // A Unix socket's path is none.
  head_.authority = http::IsAuthority(hostname) ? arena_.Copy(hostname) : "localhost";
}

void ClusterSideCall::OnCallResponse(http::ResponseHead& head, bool end_stream) {
  if (head.headers.WireSize() > max_head_bytes_) {
    return Fail(SideCallFailure::kTooLarge, "response-head-too-large");
  }
  if (!end_stream && head.framing.kind == http::Framing::Kind::kLength &&
      head.framing.length > max_body_bytes_) {
    return Fail(SideCallFailure::kTooLarge, "response-body-too-large");
  }
  arena_.Adopt(head.arena);
  outcome_.status = head.status;
  outcome_.headers = std::move(head.headers);
  if (end_stream) Conclude();
}

void ClusterSideCall::OnCallData(base::Buffer& data, bool end_stream) {
  if (data.size() > max_body_bytes_ - outcome_.body.size()) {
    return Fail(SideCallFailure::kTooLarge, "response-body-too-large");
  }
  // Copied, for once: a peer that sends its bytes one by one would have each of them keep a slice,
  // and a whole block of the connection's.
  data.ForEach([this](std::string_view bytes) { outcome_.body.AppendCopy(bytes); });
  data.Clear();
  if (end_stream) Conclude();
}

void ClusterSideCall::OnCallTrailers(http::HeaderMap& trailers) {
  if (trailers.WireSize() > max_head_bytes_) {
    return Fail(SideCallFailure::kTooLarge, "response-trailers-too-large");
  }
  // They live in a stream that goes.
  if (head_.accepts_trailers) {
    for (const http::HeaderMap::Field& field : trailers) {
      outcome_.trailers.Add({arena_.Copy(field.name), arena_.Copy(field.value), field.id});
    }
  }
  Conclude();
}

void ClusterSideCall::OnCallFailed(const http::StreamError& error, bool) {
  Fail(FailureOf(error.kind), error.detail);
}

void ClusterSideCall::OnTimeout() { Fail(SideCallFailure::kTimeout, "side-call-timeout"); }

void ClusterSideCall::Fail(SideCallFailure failure, std::string_view detail) {
  outcome_ = {.failure = failure,
              .detail = detail,
              .transport_failure = arena_.Copy(info_.upstream_failure)};
  call_.Cancel();
  Conclude();
}

void ClusterSideCall::Conclude() {
  timer_.Disarm();
  outcome_.address = arena_.Copy(info_.upstream_address);
  loop_.AtTurnEnd(teller_);
}

void ClusterSideCall::Tell() {
  // A peer that has answered need not read the rest of what it was asked.
  call_.Cancel();
  observer_.OnSideCallOver(outcome_);
}

}  // namespace sluice::exchange
