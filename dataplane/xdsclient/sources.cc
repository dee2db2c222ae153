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

void LogUnwatched(const std::string& secret, const absl::Status& status) {
  LOG(ERROR) << "the secret \"" << secret << "\" will not follow its files: " << status.message();
}

}  // namespace

Sources::Sources(event::Loop& loop, ResourceSink& sink, envoy::config::core::v3::Node node,
                 Hooks hooks)
    : loop_(loop), sink_(sink), node_(std::move(node)), hooks_(std::move(hooks)) {}

Sources::~Sources() = default;

absl::Status Sources::Configure(const Bootstrap& bootstrap,
                                const std::function<bool(const std::string&)>& is_cluster) {
  const auto& dynamic = bootstrap.dynamic_resources();
  compile::CompileOptions options;
  options.has_ads = dynamic.has_ads_config();
  compile::CompileContext context(options);
  context.Begin("bootstrap", node_.id());
  if (dynamic.has_cds_config()) {
    SLUICE_RETURN_IF_ERROR(ConfigureWhole(ResourceType::kCluster, dynamic.cds_config(),
                                          "cds_config", is_cluster, context));
  }
  if (dynamic.has_lds_config()) {
    SLUICE_RETURN_IF_ERROR(ConfigureWhole(ResourceType::kListener, dynamic.lds_config(),
                                          "lds_config", is_cluster, context));
  }
  if (!dynamic.has_ads_config()) return absl::OkStatus();
  const ApiConfigSource& source = dynamic.ads_config();
  if (source.grpc_services_size() != 1 || !source.grpc_services(0).has_envoy_grpc()) {
    return absl::InvalidArgumentError(
        "dynamic_resources.ads_config.grpc_services: wants exactly one, with envoy_grpc");
  }
  const std::string& cluster = source.grpc_services(0).envoy_grpc().cluster_name();
  if (!is_cluster(cluster)) return NoCluster("ads_config", cluster);
  AdsClient::Options ads{.delta = IsDelta(source.api_type()), .node = node_, .whole = {}};
  for (const auto& [type, from] : whole_) {
    if (from.kind == Kind::kAds) ads.whole.insert(type);
  }
  ads_ = std::make_unique<AdsClient>(loop_, ads, hooks_.transport(cluster, std::nullopt, ads.delta),
                                     sink_, hooks_.random);
  for (const auto& [type, names] : std::exchange(early_interest_, {})) {
    ads_->SetInterest(type, names);
  }
  return absl::OkStatus();
}

absl::Status Sources::ConfigureWhole(ResourceType type,
                                     const envoy::config::core::v3::ConfigSource& source,
                                     std::string_view field,
                                     const std::function<bool(const std::string&)>& is_cluster,
                                     const compile::CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(
      ResourceSource from,
      compile::ReadConfigSource(source, absl::StrCat("dynamic_resources.", field), context));
  if (from.kind == Kind::kServer && !is_cluster(from.cluster))
    return NoCluster(field, from.cluster);
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

void Sources::ChangeInterest(ResourceType type, const InterestChange& change) {
  std::map<ResourceSource, InterestChange> by_source;
  for (const std::string& name : change.removed) {
    const auto it = other_source_of_.find({type, name});
    by_source[it == other_source_of_.end() ? ResourceSource() : it->second].removed.insert(name);
    if (it != other_source_of_.end()) other_source_of_.erase(it);
  }
  for (const std::string& name : change.added) {
    const ResourceSource source = hooks_.source_of(type, name);
    InterestChange& part = by_source[source];
    // One that moved and came back before anybody asked has not moved.
    if (part.removed.erase(name) == 0) part.added.insert(name);
    if (source.kind != Kind::kAds) other_source_of_[{type, name}] = source;
  }
  for (const auto& [source, part] : by_source) {
    if (source.kind == Kind::kServer || source.kind == Kind::kFile) {
      ChangeInterestIn({type, source}, part);
    } else if (source.kind == Kind::kAds && ads_ != nullptr) {
      ads_->ChangeInterest(type, part);
    } else if (source.kind == Kind::kAds) {
      std::set<std::string>& early = early_interest_[type];
      early.insert(part.added.begin(), part.added.end());
      for (const std::string& name : part.removed) early.erase(name);
    }
  }
}

void Sources::ChangeInterestIn(const Key& key, const InterestChange& change) {
  if (change.added.empty() && !others_.contains(key)) return;  // It could not be opened.
  absl::StatusOr<Other*> opened = Open(key);
  if (!opened.ok()) {
    LOG_FIRST_N(ERROR, 100) << opened.status().message();
    return;
  }
  Other& other = **opened;
  other.interest.insert(change.added.begin(), change.added.end());
  for (const std::string& name : change.removed) other.interest.erase(name);
  if (other.interest.empty()) {
    due_.erase(key);
    const auto it = others_.find(key);
    // It may be the one that is calling.
    loop_.DeleteLater(std::move(it->second));
    others_.erase(it);
  } else if (other.server != nullptr) {
    other.server->ChangeInterest(key.first, change);
  } else {
    other.file->SetInterest(other.interest);
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
    const absl::StatusOr<FileWatcher*> watcher = Watcher();
    status = watcher.status();
    if (status.ok()) {
      made->file = std::make_unique<FileSource>(**watcher, type, source, sink_,
                                                [this, key] { WantRead(key); });
      status = made->file->Start();
    }
  }
  if (!status.ok()) {
    others_.erase(key);
    return absl::Status(status.code(), absl::StrCat("the ", TypeName(type), " file ", source.path,
                                                    ": ", status.message()));
  }
  other = std::move(made);
  return other.get();
}

absl::StatusOr<FileWatcher*> Sources::Watcher() {
  if (watcher_ == nullptr) {
    SLUICE_ASSIGN_OR_RETURN(watcher_, FileWatcher::Create(loop_));
  }
  return watcher_.get();
}

void Sources::WatchSecret(const std::string& name, const std::vector<WatchedFile>& files) {
  secret_watches_.erase(name);
  for (const WatchedFile& file : files) {
    absl::StatusOr<FileWatcher*> watcher = Watcher();
    if (!watcher.ok()) return LogUnwatched(name, watcher.status());
    auto watch = (*watcher)->Add(file.folder, file.name, [this, name] {
      // Not from within the watch: it is made anew.
      loop_.Post([this, name] { ReadSecretAgain(name); });
    });
    if (!watch.ok()) return LogUnwatched(name, watch.status());
    secret_watches_[name].push_back(*std::move(watch));
  }
}

void Sources::ReadSecretAgain(const std::string& name) {
  if (absl::Status status = hooks_.read_secret_again(name); !status.ok()) {
    LOG(ERROR) << "the new files of the " << status.message() << "; serving on with the old ones";
  } else {
    LOG(INFO) << "read the files of the secret \"" << name << "\" again";
  }
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
