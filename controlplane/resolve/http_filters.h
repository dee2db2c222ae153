// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/ir/header_edit.h"
#include "controlplane/ir/route.h"
#include "gateway/v1/http_filters.pb.h"

namespace sluice::resolve {

// A mirror's reference, before it is followed.
struct MirrorRef {
  const gateway::v1::HTTPRequestMirrorFilter* filter = nullptr;
  std::string field_path;
};

// What the filters of a rule, or of a backendRef, come to.
struct FilterSum {
  ir::HeaderEdits request_edits;
  ir::HeaderEdits response_edits;
  std::optional<ir::Redirect> redirect;
  std::optional<ir::PathRewrite> path_rewrite;
  std::string host_rewrite;
  std::optional<ir::Cors> cors;
  std::vector<MirrorRef> mirrors;
  // What cannot be done as written; one is enough for the rule to answer 500, since a filter that
  // is left out may be the one that protects something.
  std::vector<std::string> problems;
};

using Filters = google::protobuf::RepeatedPtrField<gateway::v1::HTTPRouteFilter>;

// `field_path` names the list: "spec.rules[0].filters".
FilterSum SumUp(const Filters& filters, const std::string& field_path);

}  // namespace sluice::resolve
