// SPDX-License-Identifier: Apache-2.0
#include "controlplane/main/control.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "controlplane/access/gate.h"
#include "controlplane/access/tls_material.h"
#include "controlplane/certificate/inspector.h"
#include "controlplane/certificate/secret_problems.h"
#include "controlplane/main/config_flow.h"
#include "controlplane/main/security.h"
#include "controlplane/pushapi/handlers.h"
#include "controlplane/pushapi/propagation.h"
#include "controlplane/pushapi/push_service.h"
#include "controlplane/pushapi/rest/rest_listener.h"
#include "controlplane/pushapi/rest/rest_routes.h"
#include "controlplane/registry/dir/dir_registry.h"
#include "controlplane/registry/sqlite/sqlite_registry.h"
#include "controlplane/rpc/api_listener.h"
#include "controlplane/rpc/xds_listener.h"
#include "controlplane/status/board.h"
#include "controlplane/status/keeper.h"
#include "controlplane/store/store.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/server.h"
#include "controlplane/xdsserver/snapshot_cache.h"

namespace sluice::control {
namespace {

constexpr size_t kMaxCallsPerCredential = 20'000;

absl::Status WithFlag(std::string_view flag, const absl::Status& status) {
  return {status.code(), absl::StrCat("--", flag, ": ", status.message())};
}

absl::StatusOr<size_t> ReadLimit(std::string_view flag, const std::string& text) {
  size_t limit = 0;
  if (absl::SimpleAtoi(text, &limit) && limit > 0 && limit <= kMaxCallsPerCredential) return limit;
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, ": ", text, ": must be 1 to ", kMaxCallsPerCredential));
}

absl::StatusOr<std::unique_ptr<registry::Registry>> OpenSqlite(const std::string& folder) {
  if (folder.empty()) {
    return absl::InvalidArgumentError(
        "--data-dir: name the folder that the sqlite registry is kept in");
  }
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    // It will hold keys.
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("--data-dir: ", folder, ": ", error.message()));
  }
  auto opened = registry::SqliteRegistry::Open(folder, registry::SqliteOptions());
  if (!opened.ok()) return WithFlag("data-dir", opened.status());
  return *std::move(opened);
}

absl::StatusOr<std::unique_ptr<registry::Registry>> OpenRegistry(const ControlOptions& options) {
  if (options.registry == "sqlite") return OpenSqlite(options.data_dir);
  std::string_view folder = options.registry;
  if (!absl::ConsumePrefix(&folder, "dir:") || folder.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--registry: ", options.registry, ": must be sqlite or dir:PATH"));
  }
  auto opened = registry::DirRegistry::Open(std::string(folder), registry::DirOptions());
  if (!opened.ok()) return WithFlag("registry", opened.status());
  return *std::move(opened);
}

// The members stand in the order of the flow: each leans on those before it, and is closed before
// they are.
class WiredControl : public Control {
 public:
  explicit WiredControl(std::unique_ptr<registry::Registry> registry)
      : registry_(std::move(registry)),
        handlers_(pushapi::Ground{*registry_, store_, board_, cache_, fleet_, propagation_,
                                  [this](std::shared_ptr<const store::ObjectSet> objects) {
                                    return JudgeAll(std::move(objects), Check());
                                  },
                                  [this](const manifest::Object& object) {
                                    return certificate::SecretProblems(object, absl::Now(),
                                                                       inspector_);
                                  },
                                  [this](std::string_view gateway, std::string_view type_url,
                                         std::string_view resource, std::string_view error) {
                                    return flow_.FindCause(gateway, type_url, resource, error);
                                  },
                                  absl::Now}) {}

  ~WiredControl() override {
    // No more calls, then no more changes; the rest goes in reverse order by itself.
    rest_listener_.reset();
    api_listener_.reset();
    xds_listener_.reset();
    watch_.reset();
    subscription_.reset();
  }

  // Returns when the registry has been read and translated.
  void StartFlow() {
    board_.Recall(status::Keeper::Recall(*registry_));
    subscription_ =
        store_.Subscribe([this](const store::Update& update) { flow_.OnUpdate(update); });
    watch_ = registry_->Watch(
        0, [this](const registry::ChangeBatch& batch) { store_.OnChanges(batch); });
    while (!board_.AwaitRevision(0, absl::Seconds(10))) {
      LOG(WARNING) << "still reading " << registry_->name();
    }
  }

  absl::Status Listen(const ControlOptions& options) {
    options_ = options;
    SLUICE_ASSIGN_OR_RETURN(const size_t max_calls, ReadLimit("max-calls-per-credential",
                                                              options.max_calls_per_credential));
    SLUICE_ASSIGN_OR_RETURN(Security security, ReadSecurity(options));
    LogWarnings(security);
    const bool is_xds_open = options.token_file.empty() && options.client_ca.empty();
    const bool is_api_open = options.api_token_file.empty();
    tls_.emplace(std::move(security.tls));
    proxies_.emplace(std::move(security.proxies), access::Gate::Options{is_xds_open, max_calls});
    operators_.emplace(std::move(security.operators),
                       access::Gate::Options{is_api_open, max_calls});
    std::string error;
    rpc::ApiListenerOptions api;
    api.address = options.api_listen;
    api_listener_ = rpc::ApiListener::Start(api, *operators_, *tls_, push_service_, &error);
    if (api_listener_ == nullptr) {
      return absl::UnavailableError(absl::StrCat("--api-listen: ", error));
    }
    SLUICE_RETURN_IF_ERROR(ListenForRest(options.rest_listen));
    rpc::XdsListenerOptions xds;
    xds.address = options.xds_listen;
    xds.takes_tokens = !options.token_file.empty();
    xds_listener_ = rpc::XdsListener::Start(xds, *proxies_, *tls_, discovery_server_, &error);
    if (xds_listener_ == nullptr) {
      return absl::UnavailableError(absl::StrCat("--xds-listen: ", error));
    }
    return absl::OkStatus();
  }

  absl::Status ReloadSecurity() override {
    SLUICE_ASSIGN_OR_RETURN(Security security, ReadSecurity(options_));
    LogWarnings(security);
    // First the handshakes: a connection by the old CA cannot come after its calls were judged.
    tls_->Replace(std::move(security.tls));
    const size_t revoked = proxies_->Replace(std::move(security.proxies)) +
                           operators_->Replace(std::move(security.operators));
    LOG(INFO) << "credentials and certificates are read again; " << revoked
              << " open calls are ended by it";
    return absl::OkStatus();
  }

  [[nodiscard]] int xds_port() const override { return xds_listener_->bound_port(); }
  [[nodiscard]] int api_port() const override { return api_listener_->bound_port(); }
  [[nodiscard]] int rest_port() const override {
    return rest_listener_ == nullptr ? 0 : rest_listener_->bound_port();
  }

 private:
  resolve::KeyPairCheck Check() {
    return [this](std::string_view chain_pem, std::string_view key_pem) {
      return inspector_.Inspect(chain_pem, key_pem).problem;
    };
  }

  absl::Status ListenForRest(const std::string& address) {
    if (address.empty()) return absl::OkStatus();
    auto started =
        pushapi::RestListener::Start({.address = address}, *operators_, *tls_,
                                     [this](pushapi::WatchRoom& room, const pushapi::Caller& caller,
                                            const pushapi::RestRequest& request) {
                                       return pushapi::AnswerRest(handlers_, room, caller, request);
                                     });
    if (!started.ok()) return WithFlag("rest-listen", started.status());
    rest_listener_ = *std::move(started);
    return absl::OkStatus();
  }

  static void LogWarnings(const Security& security) {
    for (const std::string& warning : security.warnings) LOG(WARNING) << warning;
  }

  ControlOptions options_;
  // Calls hold their tickets for as long as anybody behind holds the call.
  std::optional<access::TlsSource> tls_;
  std::optional<access::Gate> proxies_;
  std::optional<access::Gate> operators_;

  const std::unique_ptr<registry::Registry> registry_;
  store::Store store_{manifest::ParseOptions()};
  xdsserver::SnapshotCache cache_{absl::Now};
  xdsserver::Fleet fleet_{absl::Now};
  status::Board board_;
  pushapi::Propagation propagation_{cache_, fleet_, absl::Now};
  certificate::Inspector inspector_;
  status::Keeper keeper_{*registry_, store_, board_};
  ConfigFlow flow_{cache_, board_, keeper_, propagation_, Check(), absl::Now};
  xdsserver::DiscoveryServer discovery_server_{cache_, fleet_, absl::Now};
  pushapi::Handlers handlers_;
  pushapi::PushService push_service_{handlers_};
  std::unique_ptr<store::Store::Subscription> subscription_;
  std::unique_ptr<registry::Subscription> watch_;
  std::unique_ptr<rpc::ApiListener> api_listener_;
  std::unique_ptr<pushapi::RestListener> rest_listener_;
  std::unique_ptr<rpc::XdsListener> xds_listener_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Control>> Control::Start(const ControlOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<registry::Registry> registry, OpenRegistry(options));
  LOG(INFO) << "registry " << registry->name();
  auto control = std::make_unique<WiredControl>(std::move(registry));
  // No port is open before there is something to say: who finds one open gets an answer.
  control->StartFlow();
  SLUICE_RETURN_IF_ERROR(control->Listen(options));
  return control;
}

}  // namespace sluice::control
