// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/sources.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/config_source.h"

namespace sluice::xdsclient {

using compile::ResourceSource;
using envoy::config::bootstrap::v3::Bootstrap;
using envoy::config::core::v3::ApiConfigSource;
using Kind = compile::ResourceSource::Kind;

namespace {

bool IsDelta(ApiConfigSource::ApiType type) {
  return type == ApiConfigSource::DELTA_GRPC || type == ApiConfigSource::AGGREGATED_DELTA_GRPC;
}

absl::Status NoCluster(std::string_view field, std::string_view cluster) {
  return absl::InvalidArgumentError(absl::StrCat("dynamic_resources.", field, ": the cluster \"",
                                                 cluster,
                                                 "\" is not among static_resources.clusters"));
}

}  // namespace

Sources::Sources(event::Loop& loop, ResourceSink& sink, Hooks hooks)
    : loop_(loop), sink_(sink), hooks_(std::move(hooks)) {}

Sources::~Sources() = default;

absl::Status Sources::Configure(const Bootstrap& bootstrap,
                                const std::function<bool(const std::string&)>& is_cluster) {
  node_ = bootstrap.node();
  const auto& dynamic = bootstrap.dynamic_resources();
  if (dynamic.has_cds_config()) {
    SLUICE_RETURN_IF_ERROR(
        ConfigureWhole(ResourceType::kCluster, dynamic.cds_config(), "cds_config", is_cluster));
  }
  if (dynamic.has_lds_config()) {
    SLUICE_RETURN_IF_ERROR(
        ConfigureWhole(ResourceType::kListener, dynamic.lds_config(), "lds_config", is_cluster));
  }
  if (!dynamic.has_ads_config()) return absl::OkStatus();
  const ApiConfigSource& source = dynamic.ads_config();
  if (source.grpc_services_size() != 1 || !source.grpc_services(0).has_envoy_grpc()) {
    return absl::InvalidArgumentError(
        "dynamic_resources.ads_config.grpc_services: wants exactly one, with envoy_grpc");
  }
  const std::string& cluster = source.grpc_services(0).envoy_grpc().cluster_name();
  if (!is_cluster(cluster)) return NoCluster("ads_config", cluster);
  AdsClient::Options options{.delta = IsDelta(source.api_type()), .node = node_, .whole = {}};
  for (const auto& [type, from] : whole_) {
    if (from.kind == Kind::kAds) options.whole.insert(type);
  }
  ads_ = std::make_unique<AdsClient>(loop_, options,
                                     hooks_.transport(cluster, std::nullopt, options.delta), sink_,
                                     hooks_.random);
  return absl::OkStatus();
}

absl::Status Sources::ConfigureWhole(ResourceType type,
                                     const envoy::config::core::v3::ConfigSource& source,
                                     std::string_view field,
                                     const std::function<bool(const std::string&)>& is_cluster) {
  const compile::CompileOptions options;
  compile::CompileContext context(options);
  context.Begin("bootstrap", node_.id());
  SLUICE_ASSIGN_OR_RETURN(
      ResourceSource from,
      compile::ReadConfigSource(source, absl::StrCat("dynamic_resources.", field), context));
  if (from.kind == Kind::kServer && !is_cluster(from.cluster)) return NoCluster(field, from.cluster);
  if (from.kind == Kind::kFile && access(from.path.c_str(), R_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("dynamic_resources.", field, ": the file ", from.path,
                                            " cannot be read: ", strerrordesc_np(errno)));
  }
  if (from.kind != Kind::kAds) {
    SLUICE_ASSIGN_OR_RETURN(Other * other, Open({type, from}));
    if (other->file != nullptr) WantRead({type, from});
  }
  whole_[type] = std::move(from);
  return absl::OkStatus();
}

void Sources::SetKnownVersions(ResourceType type, std::map<std::string, std::string> versions) {
  const auto whole = whole_.find(type);
  const auto other = whole == whole_.end() ? others_.end() : others_.find({type, whole->second});
  if (other == others_.end()) {
    if (ads_ != nullptr) ads_->SetKnownVersions(type, std::move(versions));
  } else if (other->second->server != nullptr) {
    other->second->server->SetKnownVersions(type, std::move(versions));
  } else {
    std::set<std::string> names;
    for (const auto& [name, version] : versions) names.insert(name);
    other->second->file->SetKnown(std::move(names));
  }
}

void Sources::SetInterest(ResourceType type, const std::set<std::string>& names) {
  std::map<ResourceSource, std::set<std::string>> by_source;
  for (const std::string& name : names) by_source[hooks_.source_of(type, name)].insert(name);
  for (auto it = others_.begin(); it != others_.end();) {
    const auto& [its_type, source] = it->first;
    if (its_type == type && !IsWildcard(type) && !by_source.contains(source)) {
      due_.erase(it->first);
      // It may be the one that is calling.
      loop_.DeleteLater(std::move(it->second));
      it = others_.erase(it);
    } else {
      ++it;
    }
  }
  if (ads_ != nullptr) ads_->SetInterest(type, by_source[ResourceSource()]);
  for (auto& [source, wanted] : by_source) {
    if (source.kind != Kind::kServer && source.kind != Kind::kFile) continue;
    absl::StatusOr<Other*> other = Open({type, source});
    if (!other.ok()) {
      LOG_FIRST_N(ERROR, 100) << other.status().message();
    } else if ((*other)->server != nullptr) {
      (*other)->server->SetInterest(type, std::move(wanted));
    } else {
      (*other)->file->SetInterest(std::move(wanted));
    }
  }
}

absl::StatusOr<Sources::Other*> Sources::Open(const Key& key) {
  const auto& [type, source] = key;
  std::unique_ptr<Other>& other = others_[key];
  if (other != nullptr) return other.get();
  auto made = std::make_unique<Other>();
  absl::Status status;
  if (source.kind == Kind::kServer) {
    AdsClient::Options options{.delta = source.delta, .node = node_, .whole = {}};
    if (IsWildcard(type)) options.whole = {type};
    made->server = std::make_unique<AdsClient>(
        loop_, options, hooks_.transport(source.cluster, type, source.delta), sink_, hooks_.random);
    if (started_) made->server->Start();
  } else {
    if (watcher_ == nullptr) {
      absl::StatusOr<std::unique_ptr<FileWatcher>> watcher = FileWatcher::Create(loop_);
      if (watcher.ok()) watcher_ = *std::move(watcher);
      status = watcher.status();
    }
    if (status.ok()) {
      made->file = std::make_unique<FileSource>(*watcher_, type, source, sink_,
                                                [this, key] { WantRead(key); });
      status = made->file->Start();
    }
  }
  if (!status.ok()) {
    others_.erase(key);
    return absl::Status(status.code(),
                        absl::StrCat("the ", TypeName(type), " file ", source.path, ": ",
                                     status.message()));
  }
  other = std::move(made);
  return other.get();
}

void Sources::WantRead(const Key& key) {
  due_.insert(key);
  if (std::exchange(read_posted_, true)) return;
  loop_.Post([this] { ReadFiles(); });
}

void Sources::ReadFiles() {
  read_posted_ = false;
  // What a file holds may refer to another, which is due then.
  while (!due_.empty()) {
    const Key key = *due_.begin();
    due_.erase(due_.begin());
    const auto it = others_.find(key);
    if (it == others_.end()) continue;
    if (absl::Status status = it->second->file->Read(); !status.ok()) {
      LOG(ERROR) << "refused of the " << TypeName(key.first) << " file " << status.message()
                 << "; serving on with what there was";
    } else {
      LOG(INFO) << "read the " << TypeName(key.first) << " file " << key.second.path;
    }
  }
}

void Sources::Start() {
  started_ = true;
  if (ads_ != nullptr) ads_->Start();
  for (const auto& [key, other] : others_) {
    if (other->server != nullptr) other->server->Start();
  }
}

}  // namespace sluice::xdsclient
