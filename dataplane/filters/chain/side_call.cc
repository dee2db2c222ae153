// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/chain/side_call.h"

namespace sluice::filters {

std::string_view SideCallToken(SideCallFailure failure) {
  switch (failure) {
    case SideCallFailure::kNone:
      return "";
    case SideCallFailure::kInvalidRequest:
      return "side-call-invalid-request";
    case SideCallFailure::kNoCluster:
      return "side-call-no-cluster";
    case SideCallFailure::kNoHealthyHost:
      return "side-call-no-healthy-host";
    case SideCallFailure::kOverflow:
      return "side-call-overflow";
    case SideCallFailure::kConnectFailure:
      return "side-call-connect-failure";
    case SideCallFailure::kTimeout:
      return "side-call-timeout";
    case SideCallFailure::kReset:
      return "side-call-reset";
    case SideCallFailure::kTooLarge:
      return "side-call-too-large";
    case SideCallFailure::kMalformed:
      return "side-call-malformed";
    case SideCallFailure::kShuttingDown:
      return "side-call-shutting-down";
  }
  return "";
}

}  // namespace sluice::filters
