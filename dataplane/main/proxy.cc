// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/proxy.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/read_file.h"
#include "base/status_macros.h"
#include "dataplane/compile/filter_configs.h"
#include "dataplane/jose/verify/verifying_key_set.h"
#include "dataplane/telemetry/text_format.h"
#include "dataplane/upstream/cares_resolver.h"
#include "dataplane/xdsclient/grpc_transport.h"

namespace sluice {
namespace {

using xdsclient::ResourceType;

// What follows within the first time is written to disk with what was there; none waits longer than
// the second, however often there is news.
constexpr int64_t kSaveDelayMs = 200;
constexpr int64_t kSaveLimitMs = 5'000;
constexpr int64_t kInitTimeoutMs = 15'000;
// Idle unless routes ask for passwords; two, so that one slow hash does not hold all up.
constexpr size_t kPasswordThreads = 2;
constexpr size_t kMaxFileBytes = 16 * 1024 * 1024;

uint64_t Seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

absl::StatusOr<std::string> ReadEnvironment(const std::string& name) {
  const char* value = getenv(name.c_str());
  if (value == nullptr) {
    return absl::NotFoundError(absl::StrCat("the environment has no ", name));
  }
  return std::string(value);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Proxy>> Proxy::Create(ProxyOptions options) {
  std::unique_ptr<Proxy> proxy(new Proxy(std::move(options)));
  SLUICE_RETURN_IF_ERROR(proxy->Start());
  return proxy;
}

Proxy::Proxy(ProxyOptions options)
    : options_(std::move(options)),
      random_(Seed()),
      sockets_(options_.validate_only ? 0u : options_.concurrency),
      clusters_(loop_, 1, stats_) {}

Proxy::~Proxy() {
  for (const auto& worker : workers_) worker->StopAndJoin();
}

absl::Status Proxy::Start() {
  SLUICE_RETURN_IF_ERROR(CheckBootstrap());
  SLUICE_ASSIGN_OR_RETURN(
      resolver_, upstream::CaresResolver::Create(loop_, {.servers = options_.dns_servers}));
  if (!options_.state_dir.empty() && !options_.validate_only) {
    SLUICE_ASSIGN_OR_RETURN(state_file_, xdsclient::StateFile::Open(options_.state_dir));
  }
  passwords_ = std::make_unique<crypto::PasswordThreads>(kPasswordThreads);
  for (uint32_t i = 0; i < options_.concurrency; ++i) {
    workers_.push_back(std::make_unique<worker::Worker>(i, options_.concurrency, log_files_,
                                                        *passwords_, limits_));
  }
  applied_.resize(workers_.size());

  MakeStore();
  const std::vector<std::string> problems = store_->AddStatic(options_.bootstrap);
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  SLUICE_RETURN_IF_ERROR(
      sources_->Configure(options_.bootstrap, [this](const std::string& cluster) {
        return store_->is_static(ResourceType::kCluster, cluster);
      }));
  LoadState();
  sources_->ReadFiles();
  return StartAdmin();
}

void Proxy::MakeStore() {
  compile::CompileOptions compile_options;
  compile_options.reject_unknown = options_.reject_unknown_dynamic_fields;
  compile_options.has_ads = options_.bootstrap.dynamic_resources().has_ads_config();
  compile_options.read_file = [](const std::string& path) {
    return base::ReadFile(path, kMaxFileBytes);
  };
  compile_options.read_environment = ReadEnvironment;
  compile_options.check_text_format = [](std::string_view format) {
    return telemetry::TextFormat::Compile(format).status();
  };
  compile_options.make_verifying_keys = [](std::string_view jwk_set) {
    return jose::VerifyingKeySet::Parse(jwk_set);
  };
  compile_options.filter_configs = std::make_shared<compile::FilterConfigs>();
  store_ = std::make_unique<xdsclient::ConfigStore>(
      loop_, *resolver_, std::move(compile_options),
      xdsclient::ConfigStore::Hooks{
          .publish = [this](auto snapshot) { Publish(std::move(snapshot)); },
          .when_served = [this](auto task) { WhenServed(std::move(task)); },
          // Whoever drains has closed its ports; they may be its successor's already.
          .acquire_sockets =
              [this](const config::Listener& listener) {
                return state_ == State::kDraining ? absl::OkStatus() : sockets_.Acquire(listener);
              },
          .release_sockets = [this](const std::string& name) { sockets_.Release(name); },
          .interest =
              [this](ResourceType type, const xdsclient::InterestChange& change) {
                sources_->ChangeInterest(type, change);
              },
          .watch_secret =
              [this](const std::string& name, const std::vector<xdsclient::WatchedFile>& files) {
                sources_->WatchSecret(name, files);
              }});
  sources_ = std::make_unique<xdsclient::Sources>(
      loop_, *store_, options_.bootstrap.node(),
      xdsclient::Sources::Hooks{
          .transport =
              [this](const std::string& cluster, std::optional<ResourceType> type, bool delta) {
                return xdsclient::GrpcTransportFactory(
                    loop_, clusters_,
                    {.cluster = cluster,
                     .method = xdsclient::DiscoveryMethod(type, delta),
                     // It is for the control plane's eyes alone.
                     .token_file = type.has_value() ? "" : options_.control_token_file});
              },
          .source_of = [this](ResourceType type,
                              const std::string& name) { return store_->SourceOf(type, name); },
          .read_secret_again =
              [this](const std::string& name) { return store_->ReadSecretAgain(name); },
          .random = [this] { return random_.Next(); }});
}

// Static resources are looked at one by one, as all resources are.
absl::Status Proxy::CheckBootstrap() {
  envoy::config::bootstrap::v3::Bootstrap bootstrap = options_.bootstrap;
  bootstrap.clear_static_resources();
  const compile::CompileOptions options;
  compile::CompileContext context(options);
  context.Begin("bootstrap", bootstrap.node().id());
  SLUICE_RETURN_IF_ERROR(context.Walk(bootstrap));
  bootstrap_findings_ = context.findings();
  for (const compile::Finding& finding : bootstrap_findings_) {
    LOG(INFO) << "the bootstrap sets " << finding.path << ", which has no effect here";
  }
  return absl::OkStatus();
}

absl::Status Proxy::StartAdmin() {
  if (options_.admin_listen.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const event::Address address,
                          event::Address::Parse(options_.admin_listen));
  auto admin = admin::AdminServer::Listen(loop_, address, admin_view_);
  if (!admin.ok()) {
    return absl::Status(admin.status().code(), absl::StrCat("admin: ", admin.status().message()));
  }
  admin_ = *std::move(admin);
  if (options_.admin_address_path.empty()) return absl::OkStatus();
  std::ofstream out(options_.admin_address_path);
  out << admin_->address().ToString();
  if (out.flush()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("--admin-address-path: ", options_.admin_address_path, " cannot be written"));
}

// A proxy whose control plane is away starts from what it last had; one whose control plane is
// there is told only what differs.
void Proxy::LoadState() {
  if (!state_file_.has_value() || !sources_->dynamic()) return;
  absl::StatusOr<xdsclient::StateFile::Contents> contents = state_file_->Load();
  if (!contents.ok()) {
    if (!absl::IsNotFound(contents.status())) LOG(ERROR) << contents.status().message();
    return;
  }
  for (const ResourceType type : xdsclient::kAllTypes) {
    std::map<std::string, std::string> versions;
    for (const xdsclient::Received& resource : (*contents)[type]) {
      versions[resource.name] = resource.version;
    }
    for (const xdsclient::Rejection& rejection :
         store_->OnResources(type, std::move((*contents)[type]), {})) {
      LOG(ERROR) << "of the last good configuration: " << rejection.reason;
      versions.erase(rejection.name);
    }
    sources_->SetKnownVersions(type, std::move(versions));
  }
  LOG(INFO) << "started from the last good configuration in " << options_.state_dir;
}

void Proxy::SaveState() {
  if (absl::Status status = state_file_->Save(*store_); !status.ok()) {
    LOG(ERROR) << "the last good configuration could not be kept: " << status.message();
  }
}

void Proxy::Publish(std::shared_ptr<const config::Snapshot> snapshot) {
  clusters_.Apply(*snapshot);
  // The streams' own clusters had to be there first.
  if (!std::exchange(discovery_started_, true)) {
    loop_.Post([this] { sources_->Start(); });
  }
  auto update = std::make_shared<worker::Update>();
  update->snapshot = snapshot;
  update->sockets = sockets_.SocketsOf(*snapshot);
  const uint64_t number = ++published_;
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->Publish(update, [this, i, number] {
      loop_.Post([this, i, number] { OnWorkerApplied(i, number); });
    });
  }
  if (!state_file_.has_value()) return;
  if (!save_timer_.armed()) save_by_ms_ = loop_.now_ms() + kSaveLimitMs;
  save_timer_.Arm(std::clamp<int64_t>(save_by_ms_ - loop_.now_ms(), 0, kSaveDelayMs));
}

void Proxy::WhenServed(absl::AnyInvocable<void()> task) {
  if (unserved_.empty() && served_update() == published_) return task();
  unserved_.emplace_back(published_, std::move(task));
}

void Proxy::OnWorkerApplied(size_t worker, uint64_t update) {
  applied_[worker] = update;
  while (!unserved_.empty() && unserved_.front().first <= served_update()) {
    absl::AnyInvocable<void()> task = std::move(unserved_.front().second);
    unserved_.pop_front();
    task();
  }
  if (state_ != State::kInitializing || !store_->settled()) return;
  if (store_->snapshot()->listeners.empty() && sources_->dynamic()) return;
  GoLive();
}

// A control plane that has nothing for us, or is away, is no reason to be taken for dead (xDS,
// initial_fetch_timeout).
void Proxy::OnInitTimeout() {
  if (state_ == State::kInitializing) GoLive();
}

void Proxy::GoLive() {
  state_ = State::kLive;
  init_timer_.Disarm();
  LOG(INFO) << "live: " << store_->snapshot()->listeners.size() << " listeners, "
            << store_->snapshot()->clusters.size() << " clusters, " << workers_.size()
            << " workers";
}

std::vector<const telemetry::StatsShard*> Proxy::stats() const {
  std::vector<const telemetry::StatsShard*> shards{&stats_};
  for (const auto& worker : workers_) shards.push_back(&worker->stats());
  return shards;
}

void Proxy::ReopenLogs() { log_files_.Reopen(); }

void Proxy::Drain() {
  if (std::exchange(state_, State::kDraining) == State::kDraining) return;
  LOG(INFO) << "draining for at most " << options_.drain_time_ms << " ms";
  for (const auto& worker : workers_) {
    worker->Drain(options_.drain_time_ms, [this] { loop_.Post([this] { OnWorkerDrained(); }); });
  }
  // A socket that listens and is not accepted from would keep its clients waiting, and, where
  // another process serves on the port already, take its share of the new ones.
  sockets_.ReleaseAll();
}

void Proxy::DrainAndEnd() {
  ends_when_drained_ = true;
  Drain();
  if (has_drained()) loop_.Stop();
}

void Proxy::OnWorkerDrained() {
  ++drained_workers_;
  if (has_drained() && ends_when_drained_) loop_.Stop();
}

void Proxy::Run() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  loop_.OnSignal(SIGTERM, [this] { DrainAndEnd(); });
  loop_.OnSignal(SIGINT, [this] { loop_.Stop(); });
  loop_.OnSignal(SIGUSR1, [this] { ReopenLogs(); });
  for (const auto& worker : workers_) worker->Start();
  init_timer_.Arm(kInitTimeoutMs);
  loop_.Run();
  admin_ = nullptr;
  loop_.RunOnce();  // Its connections close at the end of a turn.
  for (const auto& worker : workers_) worker->StopAndJoin();
  if (state_file_.has_value() && save_timer_.armed()) SaveState();
}

}  // namespace sluice
