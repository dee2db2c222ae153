// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/grpc_transport.h"

#include <fstream>
#include <memory>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dataplane/http/grpc_status.h"
#include "dataplane/upstream/grpc_stream.h"

namespace sluice::xdsclient {
namespace {

std::string ReadToken(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token)) {
    LOG(ERROR) << "the control plane's token cannot be read from " << file;
    return "";
  }
  return std::string(absl::StripAsciiWhitespace(token));
}

// The names that people search for.
std::string_view CodeName(http::GrpcCode code) {
  switch (code) {
    case http::GrpcCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case http::GrpcCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case http::GrpcCode::kUnavailable:
      return "UNAVAILABLE";
    case http::GrpcCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case http::GrpcCode::kOk:
      return "OK";
    default:
      return "gRPC error";
  }
}

class GrpcTransport final : public AdsTransport, private upstream::GrpcStreamUser {
 public:
  GrpcTransport(event::Loop& loop, upstream::ClusterSet& clusters,
                upstream::GrpcStream::Options options, AdsTransportUser& user)
      : user_(user), stream_(loop, clusters, std::move(options), *this) {
    stream_.Start();
  }

  void Send(std::string_view message) override { stream_.Send(message); }

 private:
  void OnMessage(std::string_view message) override { user_.OnResponse(message); }
  void OnStatus(http::GrpcCode code, std::string_view message) override {
    user_.OnStreamClosed(absl::StrCat(message.empty() ? "closed by the server" : message, " (",
                                      CodeName(code), ", gRPC status ", static_cast<int>(code),
                                      ")"));
  }

  AdsTransportUser& user_;
  upstream::GrpcStream stream_;
};

}  // namespace

std::string DiscoveryMethod(std::optional<ResourceType> type, bool delta) {
  // Packages, services and calls differ by one word each.
  std::string_view package = "discovery", service = "Aggregated", call = "AggregatedResources";
  if (type.has_value()) {
    switch (*type) {
      case ResourceType::kCluster:
        package = "cluster", service = "Cluster", call = "Clusters";
        break;
      case ResourceType::kEndpoints:
        package = "endpoint", service = "Endpoint", call = "Endpoints";
        break;
      case ResourceType::kListener:
        package = "listener", service = "Listener", call = "Listeners";
        break;
      case ResourceType::kRoutes:
        package = "route", service = "Route", call = "Routes";
        break;
      case ResourceType::kSecret:
        package = "secret", service = "Secret", call = "Secrets";
        break;
      case ResourceType::kConsumer:
        break;  // Comes over the aggregated stream alone.
    }
  }
  return absl::StrCat("/envoy.service.", package, ".v3.", service, "DiscoveryService/",
                      delta ? "Delta" : "Stream", call);
}

AdsTransportFactory GrpcTransportFactory(event::Loop& loop, upstream::ClusterSet& clusters,
                                         GrpcTransportOptions options) {
  return [&loop, &clusters, options = std::move(options)](AdsTransportUser& user) {
    upstream::GrpcStream::Options call;
    call.cluster = options.cluster;
    call.method = options.method;
    if (!options.token_file.empty()) {
      call.metadata.push_back({"authorization", "Bearer " + ReadToken(options.token_file)});
    }
    return std::make_unique<GrpcTransport>(loop, clusters, std::move(call), user);
  };
}

}  // namespace sluice::xdsclient
