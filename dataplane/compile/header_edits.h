// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/config/header_edit.h"
#include "envoy/config/core/v3/base.pb.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace sluice::compile {

using HeaderValueOptions =
    google::protobuf::RepeatedPtrField<envoy::config::core::v3::HeaderValueOption>;
using HeaderNames = google::protobuf::RepeatedPtrField<std::string>;

// Edits of one direction; `field` is "request_headers" or "response_headers". Pseudo-headers, host
// and what frames a message are not to be edited: they have settings of their own.
absl::StatusOr<config::HeaderEdits> CompileHeaderEdits(const HeaderValueOptions& to_add,
                                                       const HeaderNames& to_remove,
                                                       std::string_view field,
                                                       CompileContext& context);

// Both directions of a table, virtual host, route or weighted cluster.
template <typename Message, typename Out>
absl::Status CompileBothHeaderEdits(const Message& from, Out& out, CompileContext& context) {
  auto request = CompileHeaderEdits(from.request_headers_to_add(), from.request_headers_to_remove(),
                                    "request_headers", context);
  if (!request.ok()) return request.status();
  auto response =
      CompileHeaderEdits(from.response_headers_to_add(), from.response_headers_to_remove(),
                         "response_headers", context);
  if (!response.ok()) return response.status();
  out.request_edits = *std::move(request);
  out.response_edits = *std::move(response);
  return absl::OkStatus();
}

}  // namespace sluice::compile
