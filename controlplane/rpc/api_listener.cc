// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/api_listener.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <utility>

#include "controlplane/access/listen_rules.h"
#include "controlplane/pushapi/byte_budget.h"
#include "controlplane/rpc/api_call.h"
#include "controlplane/rpc/judged_call.h"
#include "controlplane/rpc/swapped_tls.h"
#include "controlplane/rpc/work_crew.h"

namespace sluice::rpc {
namespace {

using pushapi::Caller;

class ApiService : public grpc::CallbackGenericService {
 public:
  ApiService(const ApiListenerOptions& options, access::Gate& gate, pushapi::CallPort& port,
             WorkCrew& crew)
      : budget_(std::make_shared<pushapi::ByteBudget>(options.max_request_bytes)),
        gate_(gate),
        port_(port),
        crew_(crew) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    access::Refusal refusal;
    std::shared_ptr<access::Ticket> ticket = gate_.Admit(PresentedBy(*context), &refusal);
    if (ticket == nullptr) return new RefusingReactor(StatusOf(refusal));
    const Caller caller{ticket->identity().name, ticket->identity().may_write};
    return ApiCall::Serve(
        std::move(ticket), budget_->NewShare(),
        [this, caller, method = context->method()](std::string request, ApiCall::ShareOfBytes share,
                                                   std::shared_ptr<ApiCall> call) {
          return crew_.TryPost(
              [this, caller, method, request = std::move(request), share = std::move(share),
               call = std::move(call)] { port_.Start(caller, method, request, call); });
        },
        context);
  }

 private:
  const std::shared_ptr<pushapi::ByteBudget> budget_;
  access::Gate& gate_;
  pushapi::CallPort& port_;
  WorkCrew& crew_;
};

class GrpcApiListener : public ApiListener {
 public:
  GrpcApiListener(const ApiListenerOptions& options, access::Gate& gate, pushapi::CallPort& port)
      : crew_(options.threads, options.max_waiting_calls), service_(options, gate, port, crew_) {}

  ~GrpcApiListener() override {
    if (server_ == nullptr) return;
    // Watches never end by themselves, so there is nothing to wait for.
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  bool Listen(const ApiListenerOptions& options,
              std::shared_ptr<grpc::ServerCredentials> transport) {
    transport_ = std::move(transport);
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
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 60 * kSecond);
    grpc::ResourceQuota quota("api");
    quota.Resize(size_t{512} << 20);
    builder.SetResourceQuota(quota);
    builder.AddListeningPort(options.address, transport_, &bound_port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    return server_ != nullptr && bound_port_ != 0;
  }

  [[nodiscard]] int bound_port() const override { return bound_port_; }

 private:
  WorkCrew crew_;
  ApiService service_;
  int bound_port_ = 0;
  std::shared_ptr<grpc::ServerCredentials> transport_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<ApiListener> ApiListener::Start(const ApiListenerOptions& options,
                                                access::Gate& gate, const access::TlsSource& tls,
                                                pushapi::CallPort& port, std::string* error) {
  std::string objection = access::ObjectionTo(options.address, *tls.Current(), gate.is_open());
  if (!objection.empty()) {
    *error = "API listener " + options.address + ": " + objection;
    return nullptr;
  }
  const ClientCertificate certificate =
      gate.is_open() ? ClientCertificate::kNotAsked : ClientCertificate::kAsked;
  auto listener = std::make_unique<GrpcApiListener>(options, gate, port);
  if (!listener->Listen(options, SwappedTls(tls, certificate))) {
    *error = "API listener " + options.address +
             ": cannot listen there (port taken, or no such address)";
    return nullptr;
  }
  return listener;
}

}  // namespace sluice::rpc
