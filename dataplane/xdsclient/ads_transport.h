// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::xdsclient {

// What is told of one discovery stream.
class AdsTransportUser {
 public:
  // One response message, serialized.
  virtual void OnResponse(std::string_view message) = 0;

  // The stream is over; last call. `reason` is for people.
  virtual void OnStreamClosed(std::string_view reason) = 0;

 protected:
  ~AdsTransportUser() = default;
};

// One bidirectional discovery stream, the seam to the network. A fake stands in tests
// (ads_transport_fake.h).
//
// Lifetime: destroying it ends the stream, silently.
class AdsTransport {
 public:
  virtual ~AdsTransport() = default;

  // Queues one request message.
  virtual void Send(std::string_view message) = 0;
};

// Opens a stream; called again after each that closed. Never calls the user before it returns.
using AdsTransportFactory = std::function<std::unique_ptr<AdsTransport>(AdsTransportUser& user)>;

}  // namespace sluice::xdsclient
