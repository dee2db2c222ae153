// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/xds_reactor.h"

#include <string>
#include <utility>
#include <vector>

#include "controlplane/rpc/judged_call.h"
#include "controlplane/xdsserver/type_urls.h"

namespace sluice::rpc {
namespace {

using xdsserver::StreamKind;
using xdsserver::StreamShape;

struct Service {
  std::string_view name;
  std::string_view sotw_method;
  std::string_view delta_method;
  std::string_view type_url;  // empty: all of them
};

constexpr Service kServices[] = {
    {"envoy.service.discovery.v3.AggregatedDiscoveryService", "StreamAggregatedResources",
     "DeltaAggregatedResources", ""},
    {"envoy.service.listener.v3.ListenerDiscoveryService", "StreamListeners", "DeltaListeners",
     xdsserver::kListenerType},
    {"envoy.service.route.v3.RouteDiscoveryService", "StreamRoutes", "DeltaRoutes",
     xdsserver::kRouteType},
    {"envoy.service.cluster.v3.ClusterDiscoveryService", "StreamClusters", "DeltaClusters",
     xdsserver::kClusterType},
    {"envoy.service.endpoint.v3.EndpointDiscoveryService", "StreamEndpoints", "DeltaEndpoints",
     xdsserver::kEndpointType},
    {"envoy.service.secret.v3.SecretDiscoveryService", "StreamSecrets", "DeltaSecrets",
     xdsserver::kSecretType},
};

// A slice that views a chunk and holds its owner: the bytes are not copied on their way out.
grpc::Slice Share(const xdsserver::Chunk& chunk) {
  auto* keep = new std::shared_ptr<const void>(chunk.keep);
  return grpc::Slice(
      const_cast<char*>(chunk.bytes.data()), chunk.bytes.size(),
      [](void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); }, keep);
}

grpc::ByteBuffer ToByteBuffer(const std::vector<xdsserver::Chunk>& chunks) {
  std::vector<grpc::Slice> slices;
  slices.reserve(chunks.size());
  for (const xdsserver::Chunk& chunk : chunks) slices.push_back(Share(chunk));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

xdsserver::Peer PeerOf(const access::Identity& identity) {
  return {identity.name, identity.proof, identity.gateways, identity.every_gateway};
}

}  // namespace

std::optional<StreamShape> FindStreamShape(std::string_view method) {
  const size_t slash = method.rfind('/');
  if (method.empty() || method[0] != '/' || slash == 0) return std::nullopt;
  const std::string_view service = method.substr(1, slash - 1);
  const std::string_view name = method.substr(slash + 1);
  for (const Service& known : kServices) {
    if (known.name != service) continue;
    const std::string type_url(known.type_url);
    if (name == known.sotw_method) return StreamShape{StreamKind::kStateOfTheWorld, type_url};
    if (name == known.delta_method) return StreamShape{StreamKind::kDelta, type_url};
  }
  return std::nullopt;
}

grpc::ServerGenericBidiReactor* XdsReactor::Serve(xdsserver::StreamPort& port,
                                                  std::shared_ptr<access::Ticket> ticket,
                                                  StreamShape shape,
                                                  grpc::ServerContextBase* context) {
  auto reactor = std::make_shared<XdsReactor>(context);
  reactor->stream_ = port.Open(PeerOf(ticket->identity()), std::move(shape), reactor);
  if (reactor->stream_ == nullptr) {
    return new RefusingReactor(
        {grpc::StatusCode::RESOURCE_EXHAUSTED, "the server has all the streams it can take"});
  }
  reactor->self_ = reactor;
  reactor->ticket_ = std::move(ticket);
  reactor->StartRead(&reactor->incoming_);
  reactor->ticket_->SetOnRevoked(
      [weak = std::weak_ptr<XdsReactor>(reactor)](const std::string& reason) {
        if (const auto revoked = weak.lock()) revoked->Revoke(reason);
      });
  return reactor.get();
}

void XdsReactor::Revoke(const std::string& reason) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_word_ = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, reason);
  }
  Drain();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_finished_) return;
  }
  // A write is under way, to a peer that may never read it.
  cutter_.Arm(weak_from_this());
}

void XdsReactor::OnReadDone(bool ok) {
  if (ok) {
    stream_->OnMessage(ToString(incoming_));
    incoming_.Clear();
    // Before the read: afterwards gRPC may be done with this object.
    Drain();
    StartRead(&incoming_);
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_peer_gone_ = true;
  }
  Drain();
}

void XdsReactor::OnWriteDone(bool ok) {
  outgoing_.Clear();
  if (ok) {
    Write();
  } else {
    FinishAsWriter(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream broke"));
  }
}

void XdsReactor::OnDone() {
  // The stream may be torn down by whoever wakes it last; nothing is touched after this line.
  const std::shared_ptr<XdsReactor> self = std::move(self_);
}

void XdsReactor::Drain() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_finished_) return;
    if (is_writing_) {
      is_noted_ = true;
      return;
    }
    is_writing_ = true;
  }
  Write();
}

void XdsReactor::Write() {
  for (;;) {
    std::optional<grpc::Status> last_word;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_noted_ = false;
      if (is_peer_gone_) break;
      last_word = last_word_;
    }
    if (last_word.has_value()) {
      FinishAsWriter(*std::move(last_word));
      return;
    }
    const xdsserver::Outbound out = stream_->Pull();
    if (!out.message.empty()) {
      outgoing_ = ToByteBuffer(out.message);
      StartWrite(&outgoing_);
      return;
    }
    if (out.finish) {
      FinishAsWriter(grpc::Status(static_cast<grpc::StatusCode>(out.code), out.text));
      return;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_noted_) continue;
    is_writing_ = false;
    return;
  }
  FinishAsWriter(grpc::Status::OK);
}

void XdsReactor::FinishAsWriter(grpc::Status status) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_finished_ = true;
  }
  cutter_.Finish([this, status = std::move(status)] { Finish(status); });
}

}  // namespace sluice::rpc
