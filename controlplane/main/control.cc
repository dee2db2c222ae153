// SPDX-License-Identifier: Apache-2.0
#include "controlplane/main/control.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "controlplane/certificate/inspector.h"
#include "controlplane/certificate/secret_problems.h"
#include "controlplane/main/config_flow.h"
#include "controlplane/pushapi/handlers.h"
#include "controlplane/pushapi/operators.h"
#include "controlplane/pushapi/propagation.h"
#include "controlplane/pushapi/push_service.h"
#include "controlplane/pushapi/rest/rest_listener.h"
#include "controlplane/registry/dir/dir_registry.h"
#include "controlplane/registry/sqlite/sqlite_registry.h"
#include "controlplane/rpc/api_listener.h"
#include "controlplane/rpc/credentials.h"
#include "controlplane/rpc/xds_listener.h"
#include "controlplane/status/board.h"
#include "controlplane/store/store.h"
#include "controlplane/xdsserver/fleet.h"
#include "controlplane/xdsserver/server.h"
#include "controlplane/xdsserver/snapshot_cache.h"

namespace sluice::control {
namespace {

absl::Status WithFlag(std::string_view flag, const absl::Status& status) {
  return {status.code(), absl::StrCat("--", flag, ": ", status.message())};
}

absl::StatusOr<std::string> ReadFlagFile(std::string_view flag, const std::string& path) {
  if (path.empty()) return std::string();
  const std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) {
    const std::error_code error(errno, std::generic_category());
    return absl::NotFoundError(absl::StrCat("--", flag, ": ", path, ": ", error.message()));
  }
  return text.str();
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
    subscription_ =
        store_.Subscribe([this](const store::Update& update) { flow_.OnUpdate(update); });
    watch_ = registry_->Watch(
        0, [this](const registry::ChangeBatch& batch) { store_.OnChanges(batch); });
    while (!board_.AwaitRevision(0, absl::Seconds(10))) {
      LOG(WARNING) << "still reading " << registry_->name();
    }
  }

  absl::Status Listen(const ControlOptions& options) {
    rpc::XdsListenerOptions xds;
    rpc::ApiListenerOptions api;
    xds.address = options.xds_listen;
    api.address = options.api_listen;
    SLUICE_ASSIGN_OR_RETURN(xds.certificate_pem, ReadFlagFile("tls-cert", options.tls_cert));
    SLUICE_ASSIGN_OR_RETURN(xds.key_pem, ReadFlagFile("tls-key", options.tls_key));
    SLUICE_ASSIGN_OR_RETURN(xds.client_ca_pem, ReadFlagFile("client-ca", options.client_ca));
    api.certificate_pem = xds.certificate_pem;
    api.key_pem = xds.key_pem;
    SLUICE_ASSIGN_OR_RETURN(const std::string proxies,
                            ReadFlagFile("token-file", options.token_file));
    SLUICE_ASSIGN_OR_RETURN(const std::string people,
                            ReadFlagFile("api-token-file", options.api_token_file));
    rpc::CredentialTable credentials;
    if (std::string error = credentials.Parse(proxies); !error.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--token-file: ", error));
    }
    pushapi::OperatorTable operators;
    if (std::string error = operators.Parse(people); !error.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--api-token-file: ", error));
    }
    // Without operators' certificates the API asks for none: on loopback it is open as ever.
    if (!operators.empty()) api.client_ca_pem = xds.client_ca_pem;
    std::string error;
    api_listener_ = rpc::ApiListener::Start(api, operators, push_service_, &error);
    if (api_listener_ == nullptr) {
      return absl::UnavailableError(absl::StrCat("--api-listen: ", error));
    }
    SLUICE_RETURN_IF_ERROR(ListenForRest(options.rest_listen, std::move(operators)));
    xds_listener_ = rpc::XdsListener::Start(xds, std::move(credentials), discovery_server_, &error);
    if (xds_listener_ == nullptr) {
      return absl::UnavailableError(absl::StrCat("--xds-listen: ", error));
    }
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

  absl::Status ListenForRest(const std::string& address, pushapi::OperatorTable operators) {
    if (address.empty()) return absl::OkStatus();
    auto started =
        pushapi::RestListener::Start({.address = address}, std::move(operators), handlers_);
    if (!started.ok()) return WithFlag("rest-listen", started.status());
    rest_listener_ = *std::move(started);
    return absl::OkStatus();
  }

  const std::unique_ptr<registry::Registry> registry_;
  store::Store store_{manifest::ParseOptions()};
  xdsserver::SnapshotCache cache_{absl::Now};
  xdsserver::Fleet fleet_{absl::Now};
  status::Board board_;
  pushapi::Propagation propagation_{cache_, fleet_, absl::Now};
  certificate::Inspector inspector_;
  ConfigFlow flow_{cache_, board_, propagation_, Check(), absl::Now};
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
