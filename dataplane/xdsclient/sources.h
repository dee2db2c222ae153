// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataplane/compile/context.h"
#include "dataplane/compile/reference.h"
#include "dataplane/event/loop.h"
#include "dataplane/xdsclient/ads_client.h"
#include "dataplane/xdsclient/file_source.h"
#include "dataplane/xdsclient/file_watcher.h"
#include "dataplane/xdsclient/reference_index.h"
#include "dataplane/xdsclient/resource_sink.h"
#include "dataplane/xdsclient/resource_type.h"
#include "dataplane/xdsclient/secret_files.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"

namespace sluice::xdsclient {

// The Sources of a proxy are whoever gives it resources: the aggregated stream, servers of a type's
// own, files. Listeners and clusters come from where the bootstrap says; the rest from where what
// refers to it says. One stream, or one file that is watched, stands for all that name it.
//
// Thread:   main.
// Lifetime: loop, sink and what the hooks use outlive it.
// Errors:   Configure says what of the bootstrap cannot be used. Later troubles are logged.
class Sources {
 public:
  struct Hooks {
    // Opens streams to a cluster; `type` is empty for the aggregated one.
    std::function<AdsTransportFactory(const std::string& cluster, std::optional<ResourceType> type,
                                      bool delta)>
        transport;
    // Who serves a name.
    std::function<compile::ResourceSource(ResourceType, const std::string& name)> source_of;
    // Reads a secret again whose files were replaced.
    std::function<absl::Status(const std::string& name)> read_secret_again;
    std::function<uint64_t()> random;
  };

  // `node` is who we are to each server.
  Sources(event::Loop& loop, ResourceSink& sink, envoy::config::core::v3::Node node, Hooks hooks);
  ~Sources();

  // Takes dynamic_resources. `is_cluster` tells whether the bootstrap has a cluster.
  absl::Status Configure(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                         const std::function<bool(const std::string&)>& is_cluster);

  // Resources come from elsewhere than the bootstrap alone.
  bool dynamic() const { return ads_ != nullptr || !others_.empty(); }

  // What the sink has already (from disk), so that only what differs is sent again. After
  // Configure, before Start.
  void SetKnownVersions(ResourceType type, std::map<std::string, std::string> versions);

  // What is wanted of a type that is asked for by name has changed. A name that is removed and
  // added has another source.
  void ChangeInterest(ResourceType type, const InterestChange& change);

  // Watches the files of a secret, instead of those watched for it before.
  void WatchSecret(const std::string& name, const std::vector<WatchedFile>& files);

  // Reads the files that are due, and those that what they hold refers to. Not from within the
  // sink.
  void ReadFiles();

  // Opens the streams, now and from now on. The clusters that they go to have to be served.
  void Start();

 private:
  using Key = std::pair<ResourceType, compile::ResourceSource>;

  // A source that is not the aggregated stream: one of them.
  struct Other final : event::Deferred {
    std::unique_ptr<FileSource> file;
    std::unique_ptr<AdsClient> server;
    std::set<std::string> interest;  // Where it is asked by name.
  };

  absl::Status ConfigureWhole(ResourceType type,
                              const envoy::config::core::v3::ConfigSource& source,
                              std::string_view field,
                              const std::function<bool(const std::string&)>& is_cluster,
                              const compile::CompileContext& context);
  absl::StatusOr<Other*> Open(const Key& key);
  void ChangeInterestIn(const Key& key, const InterestChange& change);
  absl::StatusOr<FileWatcher*> Watcher();
  void WantRead(const Key& key);
  void ReadSecretAgain(const std::string& name);

  event::Loop& loop_;
  ResourceSink& sink_;
  const envoy::config::core::v3::Node node_;
  const Hooks hooks_;
  std::unique_ptr<AdsClient> ads_;
  // Where listeners and clusters come from.
  std::map<ResourceType, compile::ResourceSource> whole_;
  std::unique_ptr<FileWatcher> watcher_;
  std::map<Key, std::unique_ptr<Other>> others_;
  // What does not come over the aggregated stream, and what was wanted before there was one.
  std::map<std::pair<ResourceType, std::string>, compile::ResourceSource> other_source_of_;
  std::map<ResourceType, std::set<std::string>> early_interest_;
  std::set<Key> due_;
  std::map<std::string, std::vector<std::unique_ptr<FileWatcher::Watch>>> secret_watches_;
  bool read_posted_ = false;
  bool started_ = false;
};

}  // namespace sluice::xdsclient
