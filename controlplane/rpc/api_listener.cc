// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/api_listener.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/rpc/api_call.h"
#include "controlplane/rpc/listen_security.h"
#include "controlplane/rpc/work_crew.h"

namespace sluice::rpc {
namespace {

using pushapi::Caller;

// Answers a call with one status, and reads nothing of it.
class Refusal : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const char* text) {
    Finish(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, text));
  }
  void OnDone() override { delete this; }
};

std::vector<std::string> VerifiedNames(const grpc::ServerContextBase& context) {
  std::vector<std::string> names;
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return names;
  for (const grpc::string_ref& name : auth->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) {
    names.emplace_back(name.data(), name.size());
  }
  return names;
}

class ApiService : public grpc::CallbackGenericService {
 public:
  ApiService(pushapi::OperatorTable operators, bool is_open, pushapi::CallPort& port,
             WorkCrew& crew)
      : operators_(std::move(operators)), is_open_(is_open), port_(port), crew_(crew) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    std::optional<Caller> caller = Judge(*context);
    if (!caller.has_value()) return new Refusal("a credential that is known here is required");
    return ApiCall::Serve([this, caller = *std::move(caller), method = context->method()](
                              std::string request, std::shared_ptr<ApiCall> call) {
      return crew_.TryPost(
          [this, caller, method, request = std::move(request), call = std::move(call)] {
            port_.Start(caller, method, request, call);
          });
    });
  }

 private:
  [[nodiscard]] std::optional<Caller> Judge(const grpc::ServerContextBase& context) const {
    if (is_open_) return Caller{"loopback", true};
    const auto& metadata = context.client_metadata();
    const auto header = metadata.find("authorization");
    if (header == metadata.end()) return operators_.FindCertificate(VerifiedNames(context));
    // A token that is given counts: a wrong one is not healed by a certificate.
    const auto token = pushapi::BearerToken({header->second.data(), header->second.size()});
    if (!token.has_value() || metadata.count("authorization") != 1) return std::nullopt;
    return operators_.FindToken(*token);
  }

  const pushapi::OperatorTable operators_;
  const bool is_open_;
  pushapi::CallPort& port_;
  WorkCrew& crew_;
};

class GrpcApiListener : public ApiListener {
 public:
  GrpcApiListener(const ApiListenerOptions& options, pushapi::OperatorTable operators, bool is_open,
                  pushapi::CallPort& port)
      : crew_(options.threads, options.max_waiting_calls),
        service_(std::move(operators), is_open, port, crew_) {}

  ~GrpcApiListener() override {
    if (server_ == nullptr) return;
    // Watches never end by themselves, so there is nothing to wait for.
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  bool Listen(const ApiListenerOptions& options,
              const std::shared_ptr<grpc::ServerCredentials>& transport) {
    constexpr int kSecond = 1000;
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 100);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * kSecond);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30 * kSecond);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10 * kSecond);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300 * kSecond);
    grpc::ResourceQuota quota("api");
    quota.Resize(size_t{512} << 20);
    builder.SetResourceQuota(quota);
    builder.AddListeningPort(options.address, transport, &bound_port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    return server_ != nullptr && bound_port_ != 0;
  }

  [[nodiscard]] int bound_port() const override { return bound_port_; }

 private:
  WorkCrew crew_;
  ApiService service_;
  int bound_port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<ApiListener> ApiListener::Start(const ApiListenerOptions& options,
                                                pushapi::OperatorTable operators,
                                                pushapi::CallPort& port, std::string* error) {
  const ListenSecurity security{options.certificate_pem, options.key_pem, options.client_ca_pem,
                                operators.has_tokens()};
  std::string objection = ObjectionTo(options.address, security);
  if (objection.empty() && !IsOpen(security) && operators.empty()) {
    objection = "a client CA alone names nobody: list the operators' certificates too";
  }
  if (!objection.empty()) {
    *error = "API listener " + options.address + ": " + objection;
    return nullptr;
  }
  auto listener =
      std::make_unique<GrpcApiListener>(options, std::move(operators), IsOpen(security), port);
  if (!listener->Listen(options, TransportOf(security))) {
    *error = "API listener " + options.address +
             ": cannot listen there (port taken, no such address, or the certificate and key do "
             "not load)";
    return nullptr;
  }
  return listener;
}

}  // namespace sluice::rpc
