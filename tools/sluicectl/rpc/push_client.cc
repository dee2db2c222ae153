// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/rpc/push_client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::sluicectl {
namespace {

using Bytes = grpc::ByteBuffer;

// One call: a request, then messages. On the wire a unary call is a stream of one.
class Exchange {
 public:
  Exchange(const std::shared_ptr<grpc::Channel>& channel, std::string method,
           const std::string& token, int64_t timeout_ms)
      : method_(std::move(method)) {
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    if (timeout_ms > 0) {
      context_.set_deadline(std::chrono::system_clock::now() +
                            std::chrono::milliseconds(timeout_ms));
    }
    const grpc::internal::RpcMethod rpc(method_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING,
                                        channel);
    stream_.reset(grpc::internal::ClientReaderWriterFactory<Bytes, Bytes>::Create(channel.get(),
                                                                                  rpc, &context_));
  }

  void Send(const std::string& request) {
    const grpc::Slice slice(request);
    stream_->Write(Bytes(&slice, 1));
    stream_->WritesDone();
  }

  std::optional<std::string> Receive() {
    Bytes buffer;
    std::vector<grpc::Slice> slices;
    if (!stream_->Read(&buffer) || !buffer.Dump(&slices).ok()) return std::nullopt;
    std::string bytes;
    bytes.reserve(buffer.Length());
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return bytes;
  }

  void Cancel() { context_.TryCancel(); }

  PushClient::Reply Finish() {
    const grpc::Status status = stream_->Finish();
    return {status.error_code(), status.error_message(), status.error_details(), {}};
  }

 private:
  const std::string method_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Bytes, Bytes>> stream_;
};

class GrpcPushClient : public PushClient {
 public:
  explicit GrpcPushClient(const Options& options) : token_(options.token) {
    std::shared_ptr<grpc::ChannelCredentials> transport = grpc::InsecureChannelCredentials();
    if (!options.ca_pem.empty() || !options.certificate_pem.empty()) {
      transport = grpc::SslCredentials({options.ca_pem, options.key_pem, options.certificate_pem});
    }
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    // A proxy that the environment names has no business with this connection.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channel_ = grpc::CreateCustomChannel(options.server, transport, arguments);
  }

  Reply Call(const std::string& method, const std::string& request, int64_t timeout_ms) override {
    Exchange exchange(channel_, method, token_, timeout_ms);
    exchange.Send(request);
    std::optional<std::string> message = exchange.Receive();
    Reply reply = exchange.Finish();
    if (message.has_value()) reply.message = *std::move(message);
    return reply;
  }

  Reply Stream(const std::string& method, const std::string& request,
               const std::function<bool(const std::string& message)>& on_message) override {
    Exchange exchange(channel_, method, token_, 0);
    exchange.Send(request);
    while (const std::optional<std::string> message = exchange.Receive()) {
      if (!on_message(*message)) {
        exchange.Cancel();
        exchange.Finish();
        return {};
      }
    }
    return exchange.Finish();
  }

 private:
  const std::string token_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace

std::unique_ptr<PushClient> PushClient::Create(const Options& options) {
  return std::make_unique<GrpcPushClient>(options);
}

}  // namespace sluice::sluicectl
