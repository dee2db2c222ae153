// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/error.h"

namespace sluice::http {

std::string_view ResponseFlagName(ResponseFlag flag) {
  switch (flag) {
    case ResponseFlag::kDownstreamProtocolError:
      return "DPE";
    case ResponseFlag::kUpstreamProtocolError:
      return "UPE";
    case ResponseFlag::kUpstreamConnectionFailure:
      return "UF";
    case ResponseFlag::kUpstreamConnectionTermination:
      return "UC";
    case ResponseFlag::kUpstreamOverflow:
      return "UO";
    case ResponseFlag::kUpstreamRequestTimeout:
      return "UT";
    case ResponseFlag::kUpstreamRetryLimitExceeded:
      return "URX";
    case ResponseFlag::kUpstreamRemoteReset:
      return "UR";
    case ResponseFlag::kNoHealthyUpstream:
      return "UH";
    case ResponseFlag::kNoRouteFound:
      return "NR";
    case ResponseFlag::kNoClusterFound:
      return "NC";
    case ResponseFlag::kDownstreamConnectionTermination:
      return "DC";
    case ResponseFlag::kDownstreamRemoteReset:
      return "DR";
    case ResponseFlag::kStreamIdleTimeout:
      return "SI";
    case ResponseFlag::kDurationTimeout:
      return "DT";
    case ResponseFlag::kLocalReset:
      return "LR";
    case ResponseFlag::kOverloadManager:
      return "OM";
    case ResponseFlag::kRateLimited:
      return "RL";
    case ResponseFlag::kRateLimitServiceError:
      return "RLSE";
    case ResponseFlag::kUnauthorizedExternalService:
      return "UAEX";
  }
  return "";
}

}  // namespace sluice::http
