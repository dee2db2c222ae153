// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace sluice::rpc {

// RawClient opens gRPC streams by method name and moves bytes: what a test holds against a server.
//
// Thread:   one.
// Errors:   Read and Write tell of the end; Finish tells why.
// Limits:   a stream ends by itself after a minute, so that a test never hangs.
class RawClient {
 public:
  struct Options {
    std::string target;
    // PEM texts; without a CA the connection is plaintext.
    std::string ca_pem;
    std::string certificate_pem;
    std::string key_pem;
    std::string authorization;  // the header's value, if any
  };

  class Stream {
   public:
    virtual ~Stream() = default;
    virtual bool Write(const std::string& bytes) = 0;
    virtual std::optional<std::string> Read() = 0;
    virtual void WritesDone() = 0;
    // The status code as a number, and its text.
    virtual int Finish(std::string* text) = 0;
  };

  static std::unique_ptr<Stream> Open(const Options& options, const std::string& method);
};

}  // namespace sluice::rpc
