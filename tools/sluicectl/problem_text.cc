// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/problem_text.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "api/manifest/object.h"
#include "api/manifest/origin.h"

namespace sluice::sluicectl {

std::string ToText(const push::v1::Problem& problem) {
  manifest::Problem out;
  out.origin = {problem.file(), problem.line()};
  out.resource = problem.resource();
  out.field_path = problem.path();
  out.reason = problem.reason();
  return out.ToString();
}

std::string ToText(const push::v1::ObjectKey& key) {
  return manifest::ObjectKey{key.kind(), key.namespace_(), key.name()}.ToString();
}

std::string_view ToText(push::v1::Outcome outcome) {
  switch (outcome) {
    case push::v1::OUTCOME_CREATED:
      return "created";
    case push::v1::OUTCOME_CONFIGURED:
      return "configured";
    case push::v1::OUTCOME_UNCHANGED:
      return "unchanged";
    case push::v1::OUTCOME_DELETED:
      return "deleted";
    case push::v1::OUTCOME_ABSENT:
      return "not there";
    default:
      return "?";
  }
}

std::string_view ToText(push::v1::ProxyState state) {
  switch (state) {
    case push::v1::PROXY_STATE_SYNCING:
      return "syncing";
    case push::v1::PROXY_STATE_LIVE:
      return "live";
    case push::v1::PROXY_STATE_REFUSED:
      return "refused";
    default:
      return "?";
  }
}

}  // namespace sluice::sluicectl
