// SPDX-License-Identifier: Apache-2.0
//
// What one change costs in a large configuration: 10,000 clusters, 100,000 routes in 100 tables,
// each with its listener. Prints microseconds of processor time: what the main thread does with the
// resource (compile), what it does at the end of the turn (publish), and what each worker does with
// the clusters of the snapshot (apply).
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/envoy/types.h"
#include "dataplane/event/loop.h"
#include "dataplane/telemetry/stats.h"
#include "dataplane/upstream/cluster_set.h"
#include "dataplane/upstream/dns_resolver_fake.h"
#include "dataplane/xdsclient/config_store.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace sluice::xdsclient {
namespace {

constexpr int kClusters = 10'000;
constexpr int kTables = 100;
constexpr int kRoutesPerTable = 1'000;
constexpr int kRepeats = 50;

std::string ClusterName(int i) { return absl::StrCat("outbound/shop/service-", i, "/8080"); }
std::string TableName(int i) { return absl::StrCat("edge/listener-", i); }

std::string ClusterBody(int i) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(ClusterName(i));
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  cluster.mutable_eds_cluster_config()->mutable_eds_config()->mutable_ads();
  return cluster.SerializeAsString();
}

std::string EndpointsBody(int i, uint32_t port) {
  envoy::config::endpoint::v3::ClusterLoadAssignment message;
  message.set_cluster_name(ClusterName(i));
  auto* address = message.add_endpoints()
                      ->add_lb_endpoints()
                      ->mutable_endpoint()
                      ->mutable_address()
                      ->mutable_socket_address();
  address->set_address("10.0.0.1");
  address->set_port_value(port);
  return message.SerializeAsString();
}

std::string TableBody(int table, int shift) {
  envoy::config::route::v3::RouteConfiguration message;
  message.set_name(TableName(table));
  auto* host = message.add_virtual_hosts();
  host->set_name("all");
  host->add_domains("*");
  for (int i = 0; i < kRoutesPerTable; ++i) {
    auto* route = host->add_routes();
    route->mutable_match()->set_path_separated_prefix(absl::StrCat("/service-", i, "/api"));
    route->mutable_route()->set_cluster(
        ClusterName((table * kRoutesPerTable + i + shift) % kClusters));
  }
  return message.SerializeAsString();
}

std::string ListenerBody(int i) {
  envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager manager;
  manager.set_stat_prefix("x");
  manager.mutable_rds()->set_route_config_name(TableName(i));
  manager.mutable_rds()->mutable_config_source()->mutable_ads();
  auto* router = manager.add_http_filters();
  router->set_name("router");
  router->mutable_typed_config()->PackFrom(envoy::extensions::filters::http::router::v3::Router());
  envoy::config::listener::v3::Listener listener;
  listener.set_name(TableName(i));
  auto* address = listener.mutable_address()->mutable_socket_address();
  address->set_address("127.0.0.1");
  address->set_port_value(static_cast<uint32_t>(10'000 + i));
  auto* filter = listener.add_filter_chains()->add_filters();
  filter->set_name("http");
  filter->mutable_typed_config()->PackFrom(manager);
  return listener.SerializeAsString();
}

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576;
}

// Processor time: the machine may have other things to do.
double ThreadMicros() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

class Bench {
 public:
  void Run() {
    const double before = ResidentMiB();
    const double load = Took([this] { Load(); });
    std::printf("load: %.0f ms; published %d times; resident %.1f MiB more\n", load / 1000,
                publishes_, ResidentMiB() - before);
    std::printf("%-28s %10s %10s %10s\n", "one change of (median us)", "compile", "publish",
                "apply");
    Measure("endpoints", ResourceType::kEndpoints, ClusterName(77),
            [](int i) { return EndpointsBody(77, static_cast<uint32_t>(1 + i)); });
    Measure("a cluster", ResourceType::kCluster, ClusterName(77), [](int i) {
      envoy::config::cluster::v3::Cluster cluster;
      cluster.ParseFromString(ClusterBody(77));
      cluster.mutable_connect_timeout()->set_seconds(1 + i);
      return cluster.SerializeAsString();
    });
    Measure("a table of 1000 routes", ResourceType::kRoutes, TableName(7),
            [](int i) { return TableBody(7, i); });
    std::printf("resident %.1f MiB more\n", ResidentMiB() - before);
  }

 private:
  template <typename Work>
  static double Took(Work work) {
    const double start = ThreadMicros();
    work();
    return ThreadMicros() - start;
  }

  template <typename Body>
  void PutAll(ResourceType type, int count, Body body) {
    std::vector<Received> all;
    for (int i = 0; i < count; ++i) all.push_back(body(i));
    store_.OnResources(type, std::move(all), {});
    loop_.RunOnce();
  }

  void Load() {
    PutAll(ResourceType::kCluster, kClusters,
           [](int i) { return Received{ClusterName(i), "1", ClusterBody(i)}; });
    PutAll(ResourceType::kEndpoints, kClusters,
           [](int i) { return Received{ClusterName(i), "1", EndpointsBody(i, 80)}; });
    PutAll(ResourceType::kListener, kTables,
           [](int i) { return Received{TableName(i), "1", ListenerBody(i)}; });
    PutAll(ResourceType::kRoutes, kTables,
           [](int i) { return Received{TableName(i), "1", TableBody(i, 0)}; });
    worker_.Apply(*snapshot_);
  }

  template <typename Body>
  void Measure(const char* what, ResourceType type, const std::string& name, Body body) {
    std::vector<double> compile, publish, apply;
    for (int i = 1; i <= kRepeats; ++i) {
      std::vector<Received> changed{{name, absl::StrCat(i + 1), body(i)}};
      compile.push_back(Took([&] { store_.OnResources(type, std::move(changed), {}); }));
      const int before = publishes_;
      publish.push_back(Took([&] { loop_.RunOnce(); }));
      if (publishes_ != before + 1) std::printf("not published\n");
      apply.push_back(Took([&] { worker_.Apply(*snapshot_); }));
    }
    std::printf("%-28s %10.1f %10.1f %10.1f\n", what, Median(compile), Median(publish),
                Median(apply));
  }

  static double Median(std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

  event::Loop loop_;
  upstream::FakeDnsResolver resolver_;
  telemetry::StatsShard stats_;
  upstream::ClusterSet worker_{loop_, 1, stats_};
  std::shared_ptr<const config::Snapshot> snapshot_;
  int publishes_ = 0;
  ConfigStore store_{loop_,
                     resolver_,
                     {},
                     {.publish =
                          [this](std::shared_ptr<const config::Snapshot> snapshot) {
                            snapshot_ = std::move(snapshot);
                            ++publishes_;
                          },
                      .acquire_sockets = [](const config::Listener&) { return absl::OkStatus(); },
                      .interest = [](ResourceType, const InterestChange&) {}}};
};

}  // namespace
}  // namespace sluice::xdsclient

int main() {
  // What a typed_config names has to be linked.
  if (sluice::envoy_api::TypePerFile().empty()) return 1;
  sluice::xdsclient::Bench().Run();
  return 0;
}
