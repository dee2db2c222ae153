// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "google/protobuf/message.h"
#include "tools/sluicectl/command_line.h"
#include "tools/sluicectl/exit_code.h"
#include "tools/sluicectl/rpc/push_client.h"

namespace sluice::sluicectl {

// A session with the control plane, as the common flags say: typed calls, and their failures told
// to the person on standard error.
//
// Thread:   one.
// Errors:   Call is false, and exit_code says what kind of failure was told.
// Limits:   kCallTimeout a call, unless said otherwise.
class Session {
 public:
  static constexpr int64_t kCallTimeoutMs = 60'000;

  // Null: a flag's file cannot be read or is empty, a certificate comes without its key, or a token
  // would go over the network in the clear; it is told.
  static std::unique_ptr<Session> Open(const Invocation& invocation, Streams& streams);
  Session(std::unique_ptr<PushClient> client, std::string server, Streams& streams);

  // `method` is the name alone: "Apply".
  bool Call(const std::string& method, const google::protobuf::Message& request,
            google::protobuf::Message* response, int64_t timeout_ms = kCallTimeoutMs);
  bool Stream(const std::string& method, const google::protobuf::Message& request,
              const std::function<bool(const std::string& message)>& on_message);

  [[nodiscard]] ExitCode exit_code() const { return exit_code_; }

 private:
  // True for a call that went well.
  bool Take(const PushClient::Reply& reply);

  const std::unique_ptr<PushClient> client_;
  const std::string server_;
  Streams& streams_;
  ExitCode exit_code_ = ExitCode::kOk;
};

}  // namespace sluice::sluicectl
