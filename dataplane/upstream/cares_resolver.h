// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dataplane/event/loop.h"
#include "dataplane/upstream/dns_resolver.h"

namespace sluice::upstream {

// A CaresResolver is a DnsResolver on c-ares: the machine's hosts file and name servers, unless
// told others. The door to c-ares.
//
// Thread:   its loop's.
// Limits:   each query as `timeout_ms` and `tries` say, a server.
class CaresResolver final : public DnsResolver {
 public:
  struct Options {
    std::string servers;  // "ip:port,[ip6]:port"; empty: the machine's.
    int timeout_ms = 2000;
    int tries = 3;
  };

  // Errors: the library or the machine's configuration refuses.
  static absl::StatusOr<std::unique_ptr<CaresResolver>> Create(event::Loop& loop, Options options);
  ~CaresResolver() override;

  std::unique_ptr<Query> Resolve(const std::string& name, config::Cluster::DnsFamily family,
                                 OnAnswer on_answer) override;

 private:
  class Channel;
  explicit CaresResolver(std::unique_ptr<Channel> channel);

  std::unique_ptr<Channel> channel_;
};

}  // namespace sluice::upstream
