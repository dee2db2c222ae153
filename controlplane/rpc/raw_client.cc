// SPDX-License-Identifier: Apache-2.0
#include "controlplane/rpc/raw_client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <utility>
#include <vector>

namespace sluice::rpc {
namespace {

using Bytes = grpc::ByteBuffer;

class GrpcStream : public RawClient::Stream {
 public:
  GrpcStream(const RawClient::Options& options, std::string method) : method_(std::move(method)) {
    std::shared_ptr<grpc::ChannelCredentials> transport = grpc::InsecureChannelCredentials();
    if (!options.ca_pem.empty()) {
      transport = grpc::SslCredentials({options.ca_pem, options.key_pem, options.certificate_pem});
    }
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    channel_ = grpc::CreateCustomChannel(options.target, transport, arguments);
    if (!options.authorization.empty()) {
      context_.AddMetadata("authorization", options.authorization);
    }
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    const grpc::internal::RpcMethod rpc(method_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING,
                                        channel_);
    stream_.reset(grpc::internal::ClientReaderWriterFactory<Bytes, Bytes>::Create(channel_.get(),
                                                                                  rpc, &context_));
  }

  bool Write(const std::string& bytes) override {
    const grpc::Slice slice(bytes);
    return stream_->Write(Bytes(&slice, 1));
  }

  std::optional<std::string> Read() override {
    Bytes buffer;
    std::vector<grpc::Slice> slices;
    if (!stream_->Read(&buffer) || !buffer.Dump(&slices).ok()) return std::nullopt;
    std::string bytes;
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return bytes;
  }

  void WritesDone() override { stream_->WritesDone(); }

  int Finish(std::string* text) override {
    const grpc::Status status = stream_->Finish();
    if (text != nullptr) *text = status.error_message();
    return status.error_code();
  }

  ~GrpcStream() override { context_.TryCancel(); }

 private:
  const std::string method_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Bytes, Bytes>> stream_;
};

}  // namespace

std::unique_ptr<RawClient::Stream> RawClient::Open(const Options& options,
                                                   const std::string& method) {
  return std::make_unique<GrpcStream>(options, method);
}

}  // namespace sluice::rpc
