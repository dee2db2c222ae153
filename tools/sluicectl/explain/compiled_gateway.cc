// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/explain/compiled_gateway.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/xdsserver/type_urls.h"
#include "dataplane/compile/cluster.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/endpoints.h"
#include "dataplane/compile/listener.h"
#include "dataplane/compile/route_table.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"

namespace sluice::sluicectl {
namespace {

// Compiles one resource after the other into a CompiledGateway.
class Compiler {
 public:
  // Clusters come before assignments, which are read by their cluster's rules.
  CompiledGateway Compile(const std::vector<XdsResource>& resources) && {
    for (const XdsResource& resource : resources) {
      if (resource.type_url == xdsserver::kListenerType) TakeListener(resource);
      if (resource.type_url == xdsserver::kRouteType) TakeTable(resource);
      if (resource.type_url == xdsserver::kClusterType) TakeCluster(resource);
    }
    for (const XdsResource& resource : resources) {
      if (resource.type_url == xdsserver::kEndpointType) TakeEndpoints(resource);
    }
    return std::move(out_);
  }

 private:
  template <typename T>
  std::optional<T> Parse(const XdsResource& resource) {
    T message;
    if (message.ParseFromString(resource.bytes)) return message;
    out_.problems.push_back(absl::StrCat(resource.name, ": is no ", T::descriptor()->full_name()));
    return std::nullopt;
  }

  void TakeListener(const XdsResource& resource) {
    const auto message = Parse<envoy::config::listener::v3::Listener>(resource);
    if (!message.has_value()) return;
    auto compiled = compile::CompileListener(*message, "", context_);
    if (!Check(compiled.status())) return;
    out_.listeners.push_back(std::move(compiled->listener));
  }

  void TakeTable(const XdsResource& resource) {
    const auto message = Parse<envoy::config::route::v3::RouteConfiguration>(resource);
    if (!message.has_value()) return;
    auto compiled = compile::CompileRouteTable(*message, "", context_);
    if (Check(compiled.status())) out_.tables[resource.name] = std::move(compiled->router);
  }

  void TakeCluster(const XdsResource& resource) {
    const auto message = Parse<envoy::config::cluster::v3::Cluster>(resource);
    if (!message.has_value()) return;
    auto compiled = compile::CompileCluster(*message, "", context_);
    if (!Check(compiled.status())) return;
    const std::string& eds_name = compiled->cluster.eds_service_name;
    rules_[eds_name.empty() ? resource.name : eds_name] = compiled->endpoint_rules;
    out_.clusters[resource.name] = std::move(compiled->cluster);
  }

  void TakeEndpoints(const XdsResource& resource) {
    const auto message = Parse<envoy::config::endpoint::v3::ClusterLoadAssignment>(resource);
    if (!message.has_value()) return;
    auto compiled = compile::CompileEndpoints(*message, "", rules_[resource.name], context_);
    if (Check(compiled.status())) out_.endpoints[resource.name] = *std::move(compiled);
  }

  bool Check(const absl::Status& status) {
    if (!status.ok()) out_.problems.emplace_back(status.message());
    return status.ok();
  }

  const compile::CompileOptions options_;
  compile::CompileContext context_{options_};
  std::map<std::string, compile::EndpointRules> rules_;
  CompiledGateway out_;
};

}  // namespace

const router::Router* CompiledGateway::FindRouter(const config::HttpConnection& http) const {
  if (http.router != nullptr) return http.router.get();
  const auto it = tables.find(http.route_table_name);
  return it == tables.end() ? nullptr : it->second.get();
}

const config::EndpointSet* CompiledGateway::FindEndpoints(std::string_view cluster) const {
  const auto known = clusters.find(cluster);
  if (known == clusters.end()) return nullptr;
  if (known->second.discovery != config::Cluster::Discovery::kEds) {
    return &known->second.endpoints;
  }
  const std::string& eds_name = known->second.eds_service_name;
  const auto it = endpoints.find(eds_name.empty() ? known->first : eds_name);
  return it == endpoints.end() ? nullptr : &it->second;
}

CompiledGateway CompileGateway(const std::vector<XdsResource>& resources) {
  return Compiler().Compile(resources);
}

}  // namespace sluice::sluicectl
