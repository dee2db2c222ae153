// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/request.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"

namespace sluice::xdsserver {
namespace {

namespace discovery = envoy::service::discovery::v3;

constexpr char kListedFieldsKey[] = "sluice.unsupported_fields";

// Never within a character: proto3 reads no half of one, so nobody could be shown the fleet.
std::string CutText(const std::string& text, size_t limit) {
  size_t size = std::min(text.size(), limit);
  if (size == text.size()) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

NodeInfo ReadNode(const envoy::config::core::v3::Node& node) {
  NodeInfo info;
  info.id = node.id();
  info.cluster = node.cluster();
  info.user_agent = CutText(node.user_agent_name(), kMaxShownText);
  const auto it = node.metadata().fields().find(kListedFieldsKey);
  if (it == node.metadata().fields().end()) return info;
  std::vector<std::string>& fields = info.unsupported_fields.emplace();
  for (const auto& value : it->second.list_value().values()) {
    if (fields.size() == kMaxListedFields) break;
    fields.push_back(CutText(value.string_value(), kMaxShownText));
  }
  return info;
}

template <typename Names>
absl::Status TakeNames(Names& from, std::vector<std::string>& to) {
  to.reserve(from.size());
  for (std::string& name : from) {
    if (name.size() > kMaxNameLength) {
      return absl::InvalidArgumentError(
          absl::StrCat("resource name of ", name.size(), " bytes: the limit is ", kMaxNameLength));
    }
    to.push_back(std::move(name));
  }
  return absl::OkStatus();
}

// What both messages have under the same names.
template <typename Message>
absl::Status TakeCommon(Message& message, Request& request) {
  if (message.has_node()) request.node = ReadNode(message.node());
  request.type_url = std::move(*message.mutable_type_url());
  request.nonce = std::move(*message.mutable_response_nonce());
  if (message.has_error_detail()) {
    request.error = CutText(message.error_detail().message(), kMaxErrorText);
  }
  if (request.type_url.size() > kMaxNameLength || request.nonce.size() > kMaxNameLength) {
    return absl::InvalidArgumentError("type_url or response_nonce beyond any sensible length");
  }
  if (request.node.has_value() &&
      (request.node->id.size() > kMaxNameLength || request.node->cluster.size() > kMaxNameLength)) {
    return absl::InvalidArgumentError("node.id or node.cluster beyond any sensible length");
  }
  return absl::OkStatus();
}

absl::StatusOr<Request> ParseDelta(std::string_view bytes) {
  discovery::DeltaDiscoveryRequest message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("not a DeltaDiscoveryRequest");
  }
  Request request;
  absl::Status status = TakeCommon(message, request);
  status.Update(TakeNames(*message.mutable_resource_names_subscribe(), request.subscribe));
  status.Update(TakeNames(*message.mutable_resource_names_unsubscribe(), request.unsubscribe));
  if (!status.ok()) return status;
  for (const auto& [name, version] : message.initial_resource_versions()) {
    if (name.size() <= kMaxNameLength) request.initial_versions.emplace_back(name, version);
  }
  return request;
}

absl::StatusOr<Request> ParseStateOfTheWorld(std::string_view bytes) {
  discovery::DiscoveryRequest message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("not a DiscoveryRequest");
  }
  Request request;
  absl::Status status = TakeCommon(message, request);
  status.Update(TakeNames(*message.mutable_resource_names(), request.names));
  if (!status.ok()) return status;
  request.version = std::move(*message.mutable_version_info());
  return request;
}

}  // namespace

absl::StatusOr<Request> ParseRequest(StreamKind kind, std::string_view bytes) {
  return kind == StreamKind::kDelta ? ParseDelta(bytes) : ParseStateOfTheWorld(bytes);
}

}  // namespace sluice::xdsserver
