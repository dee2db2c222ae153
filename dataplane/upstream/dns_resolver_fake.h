// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "dataplane/upstream/dns_resolver.h"

namespace sluice::upstream {

// A FakeDnsResolver keeps questions until the test answers them.
class FakeDnsResolver final : public DnsResolver {
 public:
  std::unique_ptr<Query> Resolve(const std::string& name, config::Cluster::DnsFamily,
                                 OnAnswer on_answer) override {
    ++asked_[name];
    auto query = std::make_unique<FakeQuery>(*this, name);
    waiting_[name] = std::move(on_answer);
    return query;
  }

  // How often it was asked for `name`.
  int asked(const std::string& name) const {
    const auto found = asked_.find(name);
    return found == asked_.end() ? 0 : found->second;
  }
  bool waiting(const std::string& name) const { return waiting_.contains(name); }

  void Answer(const std::string& name, std::vector<std::string> addresses, int64_t ttl_s = 0) {
    DnsAnswer answer;
    answer.addresses = std::move(addresses);
    answer.ttl_s = ttl_s;
    Deliver(name, std::move(answer));
  }
  void Fail(const std::string& name, absl::Status status) {
    DnsAnswer answer;
    answer.status = std::move(status);
    Deliver(name, std::move(answer));
  }

 private:
  struct FakeQuery final : Query {
    FakeQuery(FakeDnsResolver& resolver, std::string name)
        : resolver(resolver), name(std::move(name)) {}
    ~FakeQuery() override { resolver.waiting_.erase(name); }
    FakeDnsResolver& resolver;
    const std::string name;
  };

  void Deliver(const std::string& name, DnsAnswer answer) {
    const auto found = waiting_.find(name);
    CHECK(found != waiting_.end());
    OnAnswer on_answer = std::move(found->second);
    waiting_.erase(found);
    on_answer(std::move(answer));
  }

  std::map<std::string, int> asked_;
  std::map<std::string, OnAnswer> waiting_;
};

}  // namespace sluice::upstream
