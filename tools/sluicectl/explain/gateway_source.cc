// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/gateway_source.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/input.h"
#include "tools/sluicectl/offline.h"
#include "tools/sluicectl/session.h"

namespace sluice::sluicectl {
namespace {

bool ReadFromFiles(const Invocation& invocation, Streams& streams,
                   std::vector<GatewayResources>* gateways, ExitCode* exit_code) {
  const absl::StatusOr<std::vector<InputFile>> files =
      ReadInput(invocation.All("filename"), streams);
  if (!files.ok()) {
    streams.err << "sluicectl: " << files.status().message() << "\n";
    *exit_code = ExitCode::kUsage;
    return false;
  }
  const OfflineObjects read = ReadOffline(*files, invocation.Get("namespace"));
  for (const manifest::Problem& problem : read.problems) {
    streams.err << problem.ToString() << "\n";
  }
  if (!read.problems.empty()) {
    *exit_code = ExitCode::kInvalidInput;
    return false;
  }
  // What proxies think of certificates changes no route.
  translate::Pipeline pipeline([](auto, auto) { return std::string(); });
  pipeline.Apply(read.set, store::DiffOf(store::ObjectSet(), *read.set));
  for (const auto& [key, output] : pipeline.gateways()) {
    GatewayResources& gateway = gateways->emplace_back();
    gateway.name = absl::StrCat(key.ns, "/", key.name);
    for (const auto& [type_url, resources] : output->resources.types()) {
      resources.ForEach([&](const xdsserver::ResourcePtr& resource) {
        gateway.resources.push_back({type_url, resource->name, *resource->value});
      });
    }
  }
  return true;
}

bool ReadOne(Session& session, const std::string& name, std::vector<GatewayResources>* gateways) {
  push::v1::GetResourcesRequest request;
  request.set_gateway(name);
  push::v1::GetResourcesResponse response;
  if (!session.Call("GetResources", request, &response)) return false;
  GatewayResources& gateway = gateways->emplace_back();
  gateway.name = name;
  for (push::v1::Resource& resource : *response.mutable_resources()) {
    gateway.resources.push_back(
        {resource.type_url(), resource.name(), std::move(*resource.mutable_value())});
  }
  return true;
}

bool ReadFromServer(const Invocation& invocation, Streams& streams,
                    std::vector<GatewayResources>* gateways, ExitCode* exit_code) {
  *exit_code = ExitCode::kUsage;
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return false;
  bool is_ok = true;
  if (invocation.Has("gateway")) {
    is_ok = ReadOne(*session, invocation.Get("gateway"), gateways);
  } else {
    push::v1::ListGatewaysResponse served;
    is_ok = session->Call("ListGateways", push::v1::ListGatewaysRequest(), &served);
    for (const std::string& name : served.gateways()) {
      is_ok = is_ok && ReadOne(*session, name, gateways);
    }
  }
  *exit_code = session->exit_code();
  return is_ok;
}

}  // namespace

bool ReadGateways(const Invocation& invocation, Streams& streams,
                  std::vector<GatewayResources>* gateways, ExitCode* exit_code) {
  if (!invocation.Has("filename")) {
    return ReadFromServer(invocation, streams, gateways, exit_code);
  }
  if (!ReadFromFiles(invocation, streams, gateways, exit_code)) return false;
  const std::string wanted = invocation.Get("gateway");
  if (!wanted.empty()) {
    std::erase_if(*gateways, [&](const GatewayResources& g) { return g.name != wanted; });
  }
  return true;
}

}  // namespace sluice::sluicectl
