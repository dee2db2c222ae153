// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/rejection.h"

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace sluice::pushapi {
namespace {

constexpr char kPayload[] = "type.googleapis.com/sluice.push.v1.Rejection";

}  // namespace

absl::Status Rejected(absl::StatusCode code, const std::vector<manifest::Problem>& problems) {
  std::string text = problems.front().ToString();
  if (problems.size() > 1) absl::StrAppend(&text, " (and ", problems.size() - 1, " more)");
  absl::Status status(code, text);
  push::v1::Rejection rejection;
  for (const manifest::Problem& problem : problems) {
    *rejection.add_problems() = ToProto(problem);
  }
  status.SetPayload(kPayload, absl::Cord(rejection.SerializeAsString()));
  return status;
}

push::v1::Rejection RejectionOf(const absl::Status& status) {
  push::v1::Rejection rejection;
  const std::optional<absl::Cord> payload = status.GetPayload(kPayload);
  if (payload.has_value()) rejection.ParseFromString(std::string(*payload));
  return rejection;
}

push::v1::Problem ToProto(const manifest::Problem& problem) {
  push::v1::Problem out;
  out.set_file(problem.origin.file);
  out.set_line(problem.origin.line);
  out.set_resource(problem.resource);
  out.set_path(problem.field_path);
  out.set_reason(problem.reason);
  return out;
}

push::v1::ObjectKey ToProto(const manifest::ObjectKey& key) {
  push::v1::ObjectKey out;
  out.set_kind(key.kind);
  out.set_namespace_(key.ns);
  out.set_name(key.name);
  return out;
}

}  // namespace sluice::pushapi
