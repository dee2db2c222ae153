// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/response_flag_words.h"

namespace sluice::telemetry {

absl::Span<const ResponseFlagWords> AllResponseFlags() {
  using enum http::ResponseFlag;
  static constexpr ResponseFlagWords kAll[] = {
      {kNoHealthyUpstream, "NoHealthyUpstream"},
      {kUpstreamConnectionFailure, "UpstreamConnectionFailure"},
      {kUpstreamOverflow, "UpstreamOverflow"},
      {kNoRouteFound, "NoRouteFound"},
      {kUpstreamRetryLimitExceeded, "UpstreamRetryLimitExceeded"},
      {kNoClusterFound, "NoClusterFound"},
      {kDurationTimeout, "DurationTimeout"},
      {kDownstreamConnectionTermination, "DownstreamConnectionTermination"},
      {kUpstreamRequestTimeout, "UpstreamRequestTimeout"},
      {kLocalReset, "LocalReset"},
      {kUpstreamRemoteReset, "UpstreamRemoteReset"},
      {kUpstreamConnectionTermination, "UpstreamConnectionTermination"},
      {kRateLimited, "RateLimited"},
      {kUnauthorizedExternalService, "UnauthorizedExternalService"},
      {kRateLimitServiceError, "RateLimitServiceError"},
      {kStreamIdleTimeout, "StreamIdleTimeout"},
      {kDownstreamProtocolError, "DownstreamProtocolError"},
      {kUpstreamProtocolError, "UpstreamProtocolError"},
      {kOverloadManager, "OverloadManagerTerminated"},
      {kDownstreamRemoteReset, "DownstreamRemoteReset"},
  };
  return kAll;
}

}  // namespace sluice::telemetry
