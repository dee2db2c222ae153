// SPDX-License-Identifier: Apache-2.0

// c-ares on the loop, against a small name server of the test's own on loopback.
#include "dataplane/upstream/cares_resolver.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/event/loop.h"
#include "dataplane/event/socket.h"
#include "gtest/gtest.h"

namespace sluice::upstream {
namespace {

using DnsFamily = config::Cluster::DnsFamily;

constexpr uint16_t kTypeA = 1;
constexpr uint16_t kTypeAaaa = 28;

// Answers A and AAAA questions over UDP (RFC 1035 §4.1), from a table.
class NameServer final : private event::FdHandler {
 public:
  explicit NameServer(event::Loop& loop) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    event::FdHandler& handler = *this;
    watch_ = std::make_unique<event::FdWatch>(loop, fd_.get(), handler);
    watch_->SetInterest(true, false);
  }

  std::string address() const { return event::LocalAddress(fd_.get())->ToString(); }

  void Add(const std::string& name, const std::string& ip) { records_[name].push_back(ip); }
  void set_silent(bool silent) { silent_ = silent; }
  void set_broken(bool broken) { broken_ = broken; }
  int questions() const { return questions_; }

 private:
  void OnWritable() override {}
  void OnReadable() override {
    char question[512];
    sockaddr_storage from = {};
    socklen_t length = sizeof(from);
    ssize_t n;
    while ((n = recvfrom(fd_.get(), question, sizeof(question), 0,
                         reinterpret_cast<sockaddr*>(&from), &length)) > 0) {
      ++questions_;
      if (silent_) continue;
      const std::string answer = Reply({question, static_cast<size_t>(n)});
      sendto(fd_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
             length);
    }
  }

  std::string Reply(std::string_view question) const {
    // Header of twelve bytes, then labels up to an empty one, type and class.
    std::string name;
    size_t at = 12;
    while (at < question.size() && question[at] != 0) {
      const size_t n = static_cast<uint8_t>(question[at]);
      absl::StrAppend(&name, name.empty() ? "" : ".", question.substr(at + 1, n));
      at += n + 1;
    }
    const uint16_t type = static_cast<uint16_t>(static_cast<uint8_t>(question[at + 1]) << 8 |
                                                static_cast<uint8_t>(question[at + 2]));
    const size_t end = at + 5;
    std::string records;
    uint16_t count = 0;
    const auto found = records_.find(name);
    if (found != records_.end()) {
      for (const std::string& ip : found->second) {
        char bytes[16];
        const bool v6 = ip.find(':') != std::string::npos;
        if (v6 != (type == kTypeAaaa) || (!v6 && type != kTypeA)) continue;
        inet_pton(v6 ? AF_INET6 : AF_INET, ip.c_str(), bytes);
        const size_t size = v6 ? 16 : 4;
        // A pointer to the name in the question; type, class IN, a TTL of 30 s.
        records.append({'\xc0', '\x0c', 0, static_cast<char>(type), 0, 1, 0, 0, 0, 30, 0,
                        static_cast<char>(size)});
        records.append(bytes, size);
        ++count;
      }
    }
    const char code = broken_ ? 2 : found == records_.end() ? 3 : 0;
    std::string reply(question.substr(0, 2));
    reply.append(
        {'\x81', static_cast<char>(0x80 | code), 0, 1, 0, static_cast<char>(count), 0, 0, 0, 0});
    reply.append(question.substr(12, end - 12));
    return reply + records;
  }

  const event::UniqueFd fd_;
  std::unique_ptr<event::FdWatch> watch_;
  std::map<std::string, std::vector<std::string>> records_;
  bool silent_ = false;
  bool broken_ = false;
  int questions_ = 0;
};

class CaresResolverTest : public ::testing::Test {
 protected:
  CaresResolverTest() {
    CaresResolver::Options options;
    options.servers = server_.address();
    options.timeout_ms = 20;
    options.tries = 2;
    auto resolver = CaresResolver::Create(loop_, options);
    EXPECT_TRUE(resolver.ok()) << resolver.status();
    resolver_ = *std::move(resolver);
  }

  DnsAnswer Resolve(const std::string& name, DnsFamily family = DnsFamily::kAuto) {
    std::optional<DnsAnswer> answer;
    const auto query =
        resolver_->Resolve(name, family, [&](DnsAnswer a) { answer = std::move(a); });
    EXPECT_FALSE(answer.has_value());  // Never from inside the call.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!answer.has_value() && std::chrono::steady_clock::now() < give_up) loop_.RunOnce();
    return answer.value_or(DnsAnswer{.status = absl::InternalError("no answer"), .addresses = {}});
  }

  event::Loop loop_;
  NameServer server_{loop_};
  std::unique_ptr<CaresResolver> resolver_;
};

using Addresses = std::vector<std::string>;

TEST_F(CaresResolverTest, NamesResolveWithTheirTtl) {
  server_.Add("one.example", "192.0.2.1");
  server_.Add("one.example", "192.0.2.2");
  const DnsAnswer answer = Resolve("one.example", DnsFamily::kV4Only);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.addresses, (Addresses{"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(answer.ttl_s, 30);
}

TEST_F(CaresResolverTest, FamiliesAreSelected) {
  server_.Add("both.example", "192.0.2.1");
  server_.Add("both.example", "2001:db8::1");
  server_.Add("four.example", "192.0.2.4");
  EXPECT_EQ(Resolve("both.example", DnsFamily::kAuto).addresses, Addresses{"2001:db8::1"});
  EXPECT_EQ(Resolve("both.example", DnsFamily::kV4Preferred).addresses, Addresses{"192.0.2.1"});
  EXPECT_EQ(Resolve("both.example", DnsFamily::kV6Only).addresses, Addresses{"2001:db8::1"});
  EXPECT_EQ(Resolve("both.example", DnsFamily::kAll).addresses.size(), 2u);
  EXPECT_EQ(Resolve("four.example", DnsFamily::kAuto).addresses, Addresses{"192.0.2.4"});
}

TEST_F(CaresResolverTest, ANameThatDoesNotExistIsNotFound) {
  const DnsAnswer answer = Resolve("nowhere.example");
  EXPECT_TRUE(absl::IsNotFound(answer.status)) << answer.status;
}

TEST_F(CaresResolverTest, ANameWithoutTheFamilyIsNotFound) {
  server_.Add("four.example", "192.0.2.4");
  EXPECT_TRUE(absl::IsNotFound(Resolve("four.example", DnsFamily::kV6Only).status));
}

TEST_F(CaresResolverTest, AServerThatFailsIsUnavailable) {
  server_.set_broken(true);
  EXPECT_TRUE(absl::IsUnavailable(Resolve("one.example").status));
}

TEST_F(CaresResolverTest, ASilentServerTimesOut) {
  server_.set_silent(true);
  const DnsAnswer answer = Resolve("one.example", DnsFamily::kV4Only);
  EXPECT_TRUE(absl::IsUnavailable(answer.status)) << answer.status;
  EXPECT_GE(server_.questions(), 2);
}

TEST_F(CaresResolverTest, LiteralsAreAnsweredWithoutAQuestion) {
  EXPECT_EQ(Resolve("192.0.2.7", DnsFamily::kAuto).addresses, Addresses{"192.0.2.7"});
  EXPECT_EQ(server_.questions(), 0);
}

TEST_F(CaresResolverTest, AForgottenQueryStaysSilent) {
  server_.Add("one.example", "192.0.2.1");
  bool called = false;
  resolver_->Resolve("one.example", DnsFamily::kV4Only, [&](DnsAnswer) { called = true; });
  EXPECT_TRUE(Resolve("one.example", DnsFamily::kV4Only).status.ok());
  EXPECT_FALSE(called);
}

TEST_F(CaresResolverTest, DestroyingTheResolverForgetsItsQueries) {
  server_.set_silent(true);
  bool called = false;
  auto query =
      resolver_->Resolve("one.example", DnsFamily::kV4Only, [&](DnsAnswer) { called = true; });
  loop_.RunOnce();
  query.reset();
  resolver_.reset();
  for (int i = 0; i < 5; ++i) loop_.RunOnce();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace sluice::upstream
