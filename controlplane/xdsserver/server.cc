// SPDX-License-Identifier: Apache-2.0
#include "controlplane/xdsserver/server.h"

#include <string>
#include <utility>

namespace sluice::xdsserver {

DiscoveryServer::DiscoveryServer(SnapshotCache& cache, Fleet& fleet, Clock clock,
                                 StreamLimits limits, size_t max_streams)
    : cache_(cache),
      fleet_(fleet),
      clock_(std::move(clock)),
      limits_(limits),
      max_streams_(max_streams) {
  cache_.SetListener([this](const std::string& group) {
    for (const std::shared_ptr<Stream>& stream : Streams()) stream->OnSnapshot(group);
  });
}

DiscoveryServer::~DiscoveryServer() { cache_.SetListener(nullptr); }

std::shared_ptr<DiscoveryStream> DiscoveryServer::Open(Peer peer, StreamShape shape,
                                                       std::weak_ptr<StreamSink> sink) {
  auto stream = std::make_shared<Stream>(std::move(peer), std::move(shape), std::move(sink), cache_,
                                         fleet_, clock_, limits_);
  // In one piece with the entry: else streams that open together would exceed the limit together.
  absl::MutexLock lock(&mutex_);
  if (streams_.size() >= max_streams_) {
    absl::erase_if(streams_, [](const auto& entry) { return entry.second.expired(); });
  }
  if (streams_.size() >= max_streams_) return nullptr;
  streams_[++last_id_] = stream;
  return stream;
}

void DiscoveryServer::Tick() {
  for (const std::shared_ptr<Stream>& stream : Streams()) stream->OnTick();
}

std::vector<std::shared_ptr<Stream>> DiscoveryServer::Streams() {
  std::vector<std::shared_ptr<Stream>> live;
  absl::MutexLock lock(&mutex_);
  live.reserve(streams_.size());
  absl::erase_if(streams_, [&live](const auto& entry) {
    std::shared_ptr<Stream> stream = entry.second.lock();
    if (stream == nullptr) return true;
    live.push_back(std::move(stream));
    return false;
  });
  return live;
}

}  // namespace sluice::xdsserver
