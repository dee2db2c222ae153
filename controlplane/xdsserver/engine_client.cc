// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/engine_client.h"

#include <algorithm>
#include <utility>

namespace sluice::xdsserver {

class EngineClient::CountingSink : public StreamSink {
 public:
  void Wake() override { ++wakes; }
  std::atomic<int> wakes{0};
};

Peer PeerOf(std::string group) { return {"token " + group, "token", {std::move(group)}, false}; }

EngineClient::EngineClient(Engine& engine, Peer peer, StreamShape shape)
    : sink_(std::make_shared<CountingSink>()) {
  if (peer.groups.size() == 1) node_cluster_ = peer.groups[0];
  stream_ = engine.server.Open(std::move(peer), std::move(shape), sink_);
}

void EngineClient::SetNode(std::string id, std::string cluster) {
  node_id_ = std::move(id);
  node_cluster_ = std::move(cluster);
}

void EngineClient::Send(DeltaRequest request) {
  if (is_first_) {
    request.mutable_node()->set_id(node_id_);
    request.mutable_node()->set_cluster(node_cluster_);
  }
  is_first_ = false;
  SendBytes(request.SerializeAsString());
}

void EngineClient::Send(SotwRequest request) {
  if (is_first_) {
    request.mutable_node()->set_id(node_id_);
    request.mutable_node()->set_cluster(node_cluster_);
  }
  is_first_ = false;
  SendBytes(request.SerializeAsString());
}

void EngineClient::SendBytes(std::string_view bytes) { stream_->OnMessage(bytes); }

void EngineClient::Subscribe(std::string_view type_url, const Names& add, const Names& drop) {
  DeltaRequest request;
  request.set_type_url(std::string(type_url));
  for (const std::string& name : add) request.add_resource_names_subscribe(name);
  for (const std::string& name : drop) request.add_resource_names_unsubscribe(name);
  Send(std::move(request));
}

void EngineClient::Ask(std::string_view type_url, const Names& names) {
  SotwRequest request;
  request.set_type_url(std::string(type_url));
  for (const std::string& name : names) request.add_resource_names(name);
  Send(std::move(request));
}

void EngineClient::Ack(const DeltaResponse& response) {
  DeltaRequest request;
  request.set_type_url(response.type_url());
  request.set_response_nonce(response.nonce());
  Send(std::move(request));
}

void EngineClient::Nack(const DeltaResponse& response, std::string error) {
  DeltaRequest request;
  request.set_type_url(response.type_url());
  request.set_response_nonce(response.nonce());
  request.mutable_error_detail()->set_message(std::move(error));
  Send(std::move(request));
}

void EngineClient::Ack(const SotwResponse& response, const Names& names) {
  SotwRequest request;
  request.set_type_url(response.type_url());
  request.set_response_nonce(response.nonce());
  request.set_version_info(response.version_info());
  for (const std::string& name : names) request.add_resource_names(name);
  Send(std::move(request));
}

void EngineClient::Nack(const SotwResponse& response, const Names& names, std::string last_good,
                        std::string error) {
  SotwRequest request;
  request.set_type_url(response.type_url());
  request.set_response_nonce(response.nonce());
  request.set_version_info(std::move(last_good));
  request.mutable_error_detail()->set_message(std::move(error));
  for (const std::string& name : names) request.add_resource_names(name);
  Send(std::move(request));
}

std::optional<std::string> EngineClient::PullBytes() {
  const Outbound out = stream_->Pull();
  if (out.message.empty()) return std::nullopt;
  std::string bytes;
  for (const Chunk& chunk : out.message) bytes += chunk.bytes;
  return bytes;
}

std::optional<DeltaResponse> EngineClient::PullDelta() {
  const std::optional<std::string> bytes = PullBytes();
  DeltaResponse response;
  if (!bytes.has_value() || !response.ParseFromString(*bytes)) return std::nullopt;
  return response;
}

std::optional<SotwResponse> EngineClient::PullSotw() {
  const std::optional<std::string> bytes = PullBytes();
  SotwResponse response;
  if (!bytes.has_value() || !response.ParseFromString(*bytes)) return std::nullopt;
  return response;
}

std::optional<Outbound> EngineClient::PullFinish() {
  Outbound out = stream_->Pull();
  if (!out.finish) return std::nullopt;
  return out;
}

std::vector<DeltaResponse> EngineClient::DrainDelta() {
  std::vector<DeltaResponse> responses;
  while (std::optional<DeltaResponse> response = PullDelta()) {
    Ack(*response);
    responses.push_back(*std::move(response));
  }
  return responses;
}

int EngineClient::wakes() const { return sink_->wakes; }

Names NamesOf(const DeltaResponse& response) {
  Names names;
  for (const auto& resource : response.resources()) names.push_back(resource.name());
  std::sort(names.begin(), names.end());
  return names;
}

Names RemovedOf(const DeltaResponse& response) {
  Names names(response.removed_resources().begin(), response.removed_resources().end());
  std::sort(names.begin(), names.end());
  return names;
}

Names ValuesOf(const SotwResponse& response) {
  Names values;
  for (const auto& resource : response.resources()) values.push_back(resource.value());
  std::sort(values.begin(), values.end());
  return values;
}

Names ValuesOf(const DeltaResponse& response) {
  Names values;
  for (const auto& resource : response.resources()) values.push_back(resource.resource().value());
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace sluice::xdsserver
