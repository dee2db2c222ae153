// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "dataplane/config/cluster.h"

namespace sluice::upstream {

// What a name resolved to.
struct DnsAnswer {
  // kNotFound: there is no such name, or it has no address of the family (an answer, too).
  // kUnavailable: nobody could say.
  absl::Status status;
  std::vector<std::string> addresses;  // IP literals, as ordered by the server.
  int64_t ttl_s = 0;                   // The lowest; 0 if unknown.
};

// A DnsResolver looks names up.
//
// Thread:   that of its loop.
// Lifetime: outlives its queries.
class DnsResolver {
 public:
  using OnAnswer = absl::AnyInvocable<void(DnsAnswer)>;

  // A look-up under way: destroying it means that nobody wants to know any more.
  class Query {
   public:
    virtual ~Query() = default;
  };

  virtual ~DnsResolver() = default;

  // `on_answer` is called once, never from inside this call. It may destroy the query.
  virtual std::unique_ptr<Query> Resolve(const std::string& name, config::Cluster::DnsFamily family,
                                         OnAnswer on_answer) = 0;
};

// The addresses of `answers` that `family` asks for, of a look-up for both families: kAuto takes
// IPv6 if there is any, kV4Preferred IPv4 if there is any.
std::vector<std::string> SelectFamily(const std::vector<std::string>& addresses,
                                      config::Cluster::DnsFamily family);

}  // namespace sluice::upstream
