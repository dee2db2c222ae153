// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/xds_listener.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "controlplane/access/listen_rules.h"
#include "controlplane/rpc/judged_call.h"
#include "controlplane/rpc/swapped_tls.h"
#include "controlplane/rpc/xds_reactor.h"

namespace sluice::rpc {
namespace {

constexpr std::chrono::milliseconds kTick(250);

// Every method of every service comes here: the messages stay bytes.
class XdsService : public grpc::CallbackGenericService {
 public:
  XdsService(access::Gate& gate, xdsserver::StreamPort& port) : gate_(gate), port_(port) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    access::Refusal refusal;
    // Who, before what: a stranger is not told which methods there are.
    std::shared_ptr<access::Ticket> ticket = gate_.Admit(PresentedBy(*context), &refusal);
    if (ticket == nullptr) return new RefusingReactor(StatusOf(refusal));
    std::optional<xdsserver::StreamShape> shape = FindStreamShape(context->method());
    if (!shape.has_value()) {
      return new RefusingReactor({grpc::StatusCode::UNIMPLEMENTED, "no such method here"});
    }
    return XdsReactor::Serve(port_, std::move(ticket), *std::move(shape), context);
  }

 private:
  access::Gate& gate_;
  xdsserver::StreamPort& port_;
};

// Calls StreamPort::Tick until it is destroyed.
class Ticker {
 public:
  explicit Ticker(xdsserver::StreamPort& port) : thread_([this, &port] { Run(port); }) {}

  ~Ticker() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void Run(xdsserver::StreamPort& port) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!changed_.wait_for(lock, kTick, [this] { return is_over_; })) {
      lock.unlock();
      port.Tick();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::thread thread_;  // last: it uses the others
};

class GrpcXdsListener : public XdsListener {
 public:
  GrpcXdsListener(access::Gate& gate, xdsserver::StreamPort& port)
      : service_(gate, port), port_(port) {}

  ~GrpcXdsListener() override {
    ticker_.reset();
    if (server_ == nullptr) return;
    // Discovery streams never end by themselves, so there is nothing to wait for: they are cut, and
    // the proxies serve on with what they have.
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  bool Listen(const XdsListenerOptions& options,
              std::shared_ptr<grpc::ServerCredentials> transport) {
    transport_ = std::move(transport);
    grpc::ServerBuilder builder;
    SetLimits(options, builder);
    builder.AddListeningPort(options.address, transport_, &bound_port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || bound_port_ == 0) return false;
    ticker_.emplace(port_);
    return true;
  }

  [[nodiscard]] int bound_port() const override { return bound_port_; }

 private:
  static void SetLimits(const XdsListenerOptions& options, grpc::ServerBuilder& builder) {
    constexpr int kSecond = 1000;
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    builder.SetMaxSendMessageSize(-1);
    // Two servers on one port would each get half of the fleet.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * kSecond);
    // Find dead peers, and suffer peers that look for dead servers.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30 * kSecond);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10 * kSecond);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5 * kSecond);
    // A connection without a stream is of no use: pre-auth idlers go.
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 60 * kSecond);
    if (options.max_connection_age_s > 0) {
      builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                                 options.max_connection_age_s * kSecond);
      builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 10 * kSecond);
    }
    grpc::ResourceQuota quota("xds");
    quota.Resize(size_t{1} << 30);
    builder.SetResourceQuota(quota);
  }

  XdsService service_;
  xdsserver::StreamPort& port_;
  int bound_port_ = 0;
  std::shared_ptr<grpc::ServerCredentials> transport_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<Ticker> ticker_;
};

}  // namespace

std::unique_ptr<XdsListener> XdsListener::Start(const XdsListenerOptions& options,
                                                access::Gate& gate, const access::TlsSource& tls,
                                                xdsserver::StreamPort& port, std::string* error) {
  std::string objection = access::ObjectionTo(options.address, *tls.Current(), gate.is_open());
  if (!objection.empty()) {
    *error = "xDS listener " + options.address + ": " + objection;
    return nullptr;
  }
  const ClientCertificate certificate =
      options.takes_tokens ? ClientCertificate::kAsked : ClientCertificate::kRequired;
  auto listener = std::make_unique<GrpcXdsListener>(gate, port);
  if (!listener->Listen(options, SwappedTls(tls, certificate))) {
    *error = "xDS listener " + options.address +
             ": cannot listen there (port taken, or no such address)";
    return nullptr;
  }
  return listener;
}

}  // namespace sluice::rpc
