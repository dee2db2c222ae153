// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/gateway_source.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/input.h"
#include "tools/sluicectl/offline.h"
#include "tools/sluicectl/session.h"

namespace sluice::sluicectl {
namespace {

bool ReadFromFiles(const Invocation& invocation, Streams& streams, GatewaySet* out,
                   ExitCode* exit_code) {
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
  out->objects = read.set;
  for (const auto& [key, output] : pipeline.gateways()) {
    GatewayResources& gateway = out->gateways.emplace_back();
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

// Adds one object, if it is there, as a manifest.
bool AddOne(Session& session, const manifest::ObjectKey& key, std::vector<InputFile>* manifests) {
  push::v1::GetRequest request;
  request.mutable_key()->set_kind(key.kind);
  request.mutable_key()->set_namespace_(key.ns);
  request.mutable_key()->set_name(key.name);
  push::v1::GetResponse response;
  if (!session.Call("Get", request, &response)) return false;
  manifests->push_back({key.ToString(), response.json()});
  return true;
}

}  // namespace

bool ReadGateways(const Invocation& invocation, Streams& streams, GatewaySet* out,
                  ExitCode* exit_code) {
  if (!invocation.Has("filename")) {
    return ReadFromServer(invocation, streams, &out->gateways, exit_code);
  }
  if (!ReadFromFiles(invocation, streams, out, exit_code)) return false;
  const std::string wanted = invocation.Get("gateway");
  if (!wanted.empty()) {
    std::erase_if(out->gateways, [&](const GatewayResources& g) { return g.name != wanted; });
  }
  return true;
}

std::shared_ptr<const store::ObjectSet> ReadPolicyObjects(const Invocation& invocation,
                                                          Streams& streams,
                                                          const std::string& gateway,
                                                          const std::string& route,
                                                          ExitCode* exit_code) {
  *exit_code = ExitCode::kUsage;
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return nullptr;
  std::vector<InputFile> manifests;
  const std::vector<std::string> owner = absl::StrSplit(gateway, '/');
  // "HTTPRoute/NS/NAME/rule/..."
  const std::vector<std::string> name = absl::StrSplit(route, '/');
  bool is_ok = owner.size() == 2 && AddOne(*session, {"Gateway", owner[0], owner[1]}, &manifests);
  if (is_ok && name.size() > 2 && name[0] == "HTTPRoute") {
    is_ok = AddOne(*session, {name[0], name[1], name[2]}, &manifests);
  }
  push::v1::ListRequest request;
  request.add_kinds("AuthPolicy");
  request.add_kinds("RateLimitPolicy");
  push::v1::ListResponse response;
  if (!is_ok || !session->Call("List", request, &response)) {
    *exit_code = session->exit_code();
    return nullptr;
  }
  for (const push::v1::ListItem& item : response.items()) {
    manifests.push_back({item.key().name(), item.json()});
  }
  const OfflineObjects read = ReadOffline(manifests, "");
  for (const manifest::Problem& problem : read.problems) {
    streams.err << "warning: " << problem.ToString() << "\n";
  }
  return read.set;
}

}  // namespace sluice::sluicectl
