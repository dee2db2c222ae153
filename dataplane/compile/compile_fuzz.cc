// SPDX-License-Identifier: Apache-2.0
//
// Whatever a control plane sends, compiling ends in a resource or an error. The first byte chooses
// the resource type, the rest is the message.
#include <cstddef>
#include <cstdint>
#include <string>

#include "api/envoy/types.h"
#include "dataplane/compile/cluster.h"
#include "dataplane/compile/consumer.h"
#include "dataplane/compile/endpoints.h"
#include "dataplane/compile/listener.h"
#include "dataplane/compile/route_table.h"
#include "dataplane/compile/tls.h"
#include "google/protobuf/stubs/logging.h"
#include "sluice/identity/v1/consumer.pb.h"

namespace sluice::compile {
namespace {

template <typename Message, typename Compile>
void Run(const std::string& bytes, Compile compile) {
  Message message;
  if (!message.ParseFromString(bytes)) return;
  CompileOptions options;
  options.read_file = [](const std::string& path) -> absl::StatusOr<std::string> { return path; };
  options.read_environment = options.read_file;
  CompileContext context(options);
  (void)compile(message, context);
}

void RunOne(uint8_t type, const std::string& bytes) {
  switch (type % 6) {
    case 0:
      return Run<envoy::config::listener::v3::Listener>(
          bytes, [](const auto& m, auto& context) { return CompileListener(m, "", context).ok(); });
    case 1:
      return Run<envoy::config::route::v3::RouteConfiguration>(
          bytes,
          [](const auto& m, auto& context) { return CompileRouteTable(m, "", context).ok(); });
    case 2:
      return Run<envoy::config::cluster::v3::Cluster>(
          bytes, [](const auto& m, auto& context) { return CompileCluster(m, "", context).ok(); });
    case 3:
      return Run<envoy::config::endpoint::v3::ClusterLoadAssignment>(
          bytes,
          [](const auto& m, auto& context) { return CompileEndpoints(m, "", {}, context).ok(); });
    case 4:
      return Run<envoy::extensions::transport_sockets::tls::v3::Secret>(
          bytes, [](const auto& m, auto& context) { return CompileSecret(m, context).ok(); });
    case 5:
      return Run<identity::v1::Consumer>(
          bytes, [](const auto& m, auto& context) { return CompileConsumer(m, context).ok(); });
  }
}

}  // namespace
}  // namespace sluice::compile

// Else libprotobuf writes a line for each text that is not UTF-8.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto types = sluice::envoy_api::TypePerFile();
  if (size == 0 || types.empty()) return 0;
  sluice::compile::RunOne(data[0], std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
