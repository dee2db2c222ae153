// SPDX-License-Identifier: Apache-2.0
#include "controlplane/pushapi/push_service.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "controlplane/pushapi/rejection.h"
#include "google/rpc/status.pb.h"

namespace sluice::pushapi {
namespace {

constexpr std::string_view kService = "/sluice.push.v1.Push/";

// Null if the bytes are not a Request; then the call is finished.
template <typename Request>
std::unique_ptr<Request> Parse(std::string_view bytes, CallSink& sink) {
  auto request = std::make_unique<Request>();
  if (request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return request;
  sink.Finish(ToCallStatus(absl::InvalidArgumentError(
      absl::StrCat("The request is no ", Request::descriptor()->full_name(), "."))));
  return nullptr;
}

template <typename Request, typename Response>
using Handler = absl::StatusOr<Response> (Handlers::*)(const Caller&, const Request&);

template <typename Request, typename Response>
void Answer(Handlers& handlers, Handler<Request, Response> handler, const Caller& caller,
            std::string_view bytes, CallSink& sink) {
  const std::unique_ptr<Request> request = Parse<Request>(bytes, sink);
  if (request == nullptr) return;
  const absl::StatusOr<Response> response = (handlers.*handler)(caller, *request);
  if (response.ok()) sink.Send(response->SerializeAsString());
  sink.Finish(ToCallStatus(response.status()));
}

}  // namespace

void PushService::Start(const Caller& caller, std::string_view method, std::string_view request,
                        std::shared_ptr<CallSink> sink) {
  if (!absl::ConsumePrefix(&method, kService)) {
    sink->Finish(ToCallStatus(absl::UnimplementedError("no such service here")));
  } else if (method == "Apply") {
    Answer(handlers_, &Handlers::Apply, caller, request, *sink);
  } else if (method == "Delete") {
    Answer(handlers_, &Handlers::Delete, caller, request, *sink);
  } else if (method == "Get") {
    Answer(handlers_, &Handlers::Get, caller, request, *sink);
  } else if (method == "List") {
    Answer(handlers_, &Handlers::List, caller, request, *sink);
  } else if (method == "Diff") {
    Answer(handlers_, &Handlers::Diff, caller, request, *sink);
  } else if (method == "Fleet") {
    Answer(handlers_, &Handlers::Fleet, caller, request, *sink);
  } else if (method == "ListGateways") {
    Answer(handlers_, &Handlers::ListGateways, caller, request, *sink);
  } else if (method == "GetResources") {
    Answer(handlers_, &Handlers::GetResources, caller, request, *sink);
  } else if (method == "History") {
    Answer(handlers_, &Handlers::History, caller, request, *sink);
  } else if (method == "Wait") {
    StartWait(request, std::move(sink));
  } else if (method == "Watch") {
    StartWatch(caller, request, std::move(sink));
  } else {
    sink->Finish(ToCallStatus(absl::UnimplementedError("no such method here")));
  }
}

void PushService::StartWait(std::string_view bytes, std::shared_ptr<CallSink> sink) {
  const auto request = Parse<push::v1::WaitRequest>(bytes, *sink);
  if (request == nullptr) return;
  sink->Hold(handlers_.Wait(*request, [sink](const push::v1::WaitResponse& response) {
    sink->Send(response.SerializeAsString());
    sink->Finish({});
  }));
}

void PushService::StartWatch(const Caller& caller, std::string_view bytes,
                             std::shared_ptr<CallSink> sink) {
  const auto request = Parse<push::v1::WatchRequest>(bytes, *sink);
  if (request == nullptr) return;
  absl::StatusOr<std::shared_ptr<void>> watch = handlers_.Watch(caller, *request, sink);
  if (watch.ok()) {
    sink->Hold(*std::move(watch));
  } else {
    sink->Finish(ToCallStatus(watch.status()));
  }
}

CallStatus ToCallStatus(const absl::Status& status) {
  CallStatus out;
  out.code = static_cast<int>(status.code());
  out.text = std::string(status.message());
  const push::v1::Rejection rejection = RejectionOf(status);
  if (rejection.problems().empty()) return out;
  google::rpc::Status details;
  details.set_code(out.code);
  details.set_message(out.text);
  details.add_details()->PackFrom(rejection);
  out.details = details.SerializeAsString();
  return out;
}

}  // namespace sluice::pushapi
