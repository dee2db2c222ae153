// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/session.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/access/loopback.h"
#include "google/rpc/status.pb.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/problem_text.h"

namespace sluice::sluicectl {
namespace {

// Reads the file that a flag names, if it is given; false, once it is told, if there is nothing to
// be read.
bool ReadFlagFile(const Invocation& invocation, std::string_view flag, Streams& streams,
                  std::string* text) {
  if (!invocation.Has(flag)) return true;
  const std::string path = invocation.Get(flag);
  const std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  *text = content.str();
  // An empty one would pass for a flag that was not given: no token, no TLS.
  if (file && !text->empty()) return true;
  streams.err << "sluicectl: --" << flag << ": " << path << (file ? " is empty" : " cannot be read")
              << "\n";
  return false;
}

ExitCode ExitCodeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kInvalidInput;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kTimeout;
    default:
      return ExitCode::kDiffers;
  }
}

}  // namespace

std::unique_ptr<Session> Session::Open(const Invocation& invocation, Streams& streams) {
  PushClient::Options options;
  options.server = invocation.Get("server", options.server);
  if (!ReadFlagFile(invocation, "token-file", streams, &options.token) ||
      !ReadFlagFile(invocation, "ca", streams, &options.ca_pem) ||
      !ReadFlagFile(invocation, "cert", streams, &options.certificate_pem) ||
      !ReadFlagFile(invocation, "key", streams, &options.key_pem)) {
    return nullptr;
  }
  if (options.certificate_pem.empty() != options.key_pem.empty()) {
    streams.err << "sluicectl: --cert and --key go together\n";
    return nullptr;
  }
  options.token = std::string(absl::StripAsciiWhitespace(options.token));
  const bool is_plaintext = options.ca_pem.empty() && options.certificate_pem.empty();
  if (!options.token.empty() && is_plaintext && !access::IsLoopback(options.server)) {
    streams.err << "sluicectl: " << options.server
                << " is another machine: a token is sent there with TLS only, so give --ca\n";
    return nullptr;
  }
  return std::make_unique<Session>(PushClient::Create(options), options.server, streams);
}

Session::Session(std::unique_ptr<PushClient> client, std::string server, Streams& streams)
    : client_(std::move(client)), server_(std::move(server)), streams_(streams) {}

bool Session::Call(const std::string& method, const google::protobuf::Message& request,
                   google::protobuf::Message* response, int64_t timeout_ms) {
  const PushClient::Reply reply = client_->Call(absl::StrCat("/sluice.push.v1.Push/", method),
                                                request.SerializeAsString(), timeout_ms);
  if (!Take(reply)) return false;
  if (response->ParseFromString(reply.message)) return true;
  streams_.err << "sluicectl: " << server_ << " answers in a way that is not understood here\n";
  exit_code_ = ExitCode::kUnreachable;
  return false;
}

bool Session::Stream(const std::string& method, const google::protobuf::Message& request,
                     const std::function<bool(const std::string& message)>& on_message) {
  return Take(client_->Stream(absl::StrCat("/sluice.push.v1.Push/", method),
                              request.SerializeAsString(), on_message));
}

bool Session::Take(const PushClient::Reply& reply) {
  if (reply.code == 0) return true;
  const auto code = static_cast<absl::StatusCode>(reply.code);
  exit_code_ = ExitCodeOf(code);
  google::rpc::Status details;
  push::v1::Rejection rejection;
  if (details.ParseFromString(reply.details) && details.details_size() > 0 &&
      details.details(0).UnpackTo(&rejection)) {
    for (const push::v1::Problem& problem : rejection.problems()) {
      streams_.err << ToText(problem) << "\n";
    }
    streams_.err << "Nothing was changed.\n";
    return false;
  }
  streams_.err << "sluicectl: " << server_ << ": " << reply.text << "\n";
  return false;
}

}  // namespace sluice::sluicectl
