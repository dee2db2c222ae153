// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sluice::sluicectl {

// PushClient calls sluice-control's push API: method names and bytes, no messages. Std types only:
// grpc++ is built against another Abseil than the rest of sluicectl.
//
// Thread:   one.
// Lifetime: a connection is made by the first call and kept.
// Errors:   in the Reply, as gRPC says them: 14 for a server that cannot be reached.
// Limits:   a call's timeout; 0 is none.
class PushClient {
 public:
  struct Options {
    std::string server = "127.0.0.1:15020";
    // PEM texts. Without a CA and a certificate the connection is plaintext.
    std::string ca_pem;
    std::string certificate_pem;
    std::string key_pem;
    std::string token;
  };

  struct Reply {
    int code = 0;
    std::string text;
    std::string details;  // a serialized google.rpc.Status, if any
    std::string message;  // of a unary call
  };

  static std::unique_ptr<PushClient> Create(const Options& options);
  virtual ~PushClient() = default;

  virtual Reply Call(const std::string& method, const std::string& request, int64_t timeout_ms) = 0;

  // Hands on each message until the server ends the call or `on_message` answers false.
  virtual Reply Stream(const std::string& method, const std::string& request,
                       const std::function<bool(const std::string& message)>& on_message) = 0;
};

}  // namespace sluice::sluicectl
