// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/admin_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/admin/admin_source_fake.h"

namespace sluice::admin {
namespace {

// A client on a real socket, read without blocking between turns of the server's loop.
class Client {
 public:
  explicit Client(const event::Address& address) {
    auto fd = event::ConnectSocket(address);
    EXPECT_TRUE(fd.ok()) << fd.status();
    if (fd.ok()) fd_ = *std::move(fd);
  }

  void Send(std::string_view bytes) {
    pollfd ready{fd_.get(), POLLOUT, 0};
    ASSERT_EQ(poll(&ready, 1, 5000), 1);
    ASSERT_EQ(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // What has arrived so far.
  const std::string& Read() {
    char bytes[65536];
    ssize_t n;
    while ((n = recv(fd_.get(), bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
      received_.append(bytes, static_cast<size_t>(n));
    }
    if (n == 0 || (n < 0 && errno != EAGAIN)) closed_ = true;
    return received_;
  }
  bool closed() const { return closed_; }
  void Close() { fd_ = event::UniqueFd(); }

 private:
  event::UniqueFd fd_;
  std::string received_;
  bool closed_ = false;
};

class AdminServerTest : public testing::Test {
 protected:
  AdminServerTest() {
    auto server = AdminServer::Listen(loop_, *event::Address::Parse("127.0.0.1:0"), source_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~AdminServerTest() override {
    server_ = nullptr;
    Turn();
  }

  // Turns enough for what loopback has delivered.
  void Turn() {
    for (int i = 0; i < 10; ++i) loop_.RunOnce();
  }

  // Turns until `done()`: loopback delivers when it likes.
  template <typename Done>
  void Until(Done done) {
    for (int i = 0; i < 100'000 && !done(); ++i) loop_.RunOnce();
    EXPECT_TRUE(done());
  }

  std::string Exchange(Client& client, std::string_view request, std::string_view until) {
    client.Send(request);
    Until([&] { return client.Read().find(until) != std::string::npos; });
    return client.Read();
  }

  base::ManualClock clock_;
  event::Loop loop_{clock_};
  FakeAdminSource source_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, ARequestIsAnsweredAndTheConnectionKept) {
  Client client(server_->address());
  const std::string first =
      Exchange(client, "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "LIVE\n");
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n")) << first;
  EXPECT_NE(first.find("content-length: 5\r\n"), std::string::npos);
  EXPECT_NE(first.find("cache-control: no-store\r\n"), std::string::npos);
  source_.state_now = ServerState::kDraining;
  const std::string second =
      Exchange(client, "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "DRAINING\n");
  EXPECT_NE(second.find("HTTP/1.1 503 "), std::string::npos);
  EXPECT_FALSE(client.closed());
}

TEST_F(AdminServerTest, HeadHasNoBody) {
  Client client(server_->address());
  const std::string reply =
      Exchange(client, "HEAD /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "\r\n\r\n");
  Turn();
  EXPECT_TRUE(client.Read().ends_with("\r\n\r\n")) << reply;
  EXPECT_NE(reply.find("content-length: 5\r\n"), std::string::npos);
}

TEST_F(AdminServerTest, ForeignHostsAndOriginsAreRefused) {
  // CP-06, on the wire: rebinding, and a form on some page.
  Client rebound(server_->address());
  EXPECT_TRUE(Exchange(rebound, "GET /config_dump HTTP/1.1\r\nHost: evil.example:15000\r\n\r\n",
                       "\"status\":403")
                  .starts_with("HTTP/1.1 403 "));
  Client page(server_->address());
  EXPECT_TRUE(Exchange(page,
                       "POST /quitquitquit HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n"
                       "Content-Length: 0\r\n\r\n",
                       "\"status\":403")
                  .starts_with("HTTP/1.1 403 "));
  EXPECT_EQ(source_.quits, 0);
}

TEST_F(AdminServerTest, AMethodThatDoesNotFitIsToldWhichDoes) {
  Client client(server_->address());
  const std::string reply =
      Exchange(client, "GET /drain HTTP/1.1\r\nHost: localhost\r\n\r\n", "\"status\":405");
  EXPECT_NE(reply.find("allow: POST\r\n"), std::string::npos) << reply;
  EXPECT_EQ(source_.drains, 0);
}

TEST_F(AdminServerTest, QuittingFollowsTheAnswer) {
  Client client(server_->address());
  const std::string reply = Exchange(
      client, "POST /quitquitquit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
      "OK\n");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200 "));
  Until([&] { return source_.quits == 1; });
}

TEST_F(AdminServerTest, WorkersMayAnswerLate) {
  source_.answers_late = true;
  source_.clusters = {{.name = "shop"}};
  Client client(server_->address());
  client.Send("GET /clusters HTTP/1.1\r\nHost: localhost\r\n\r\n");
  Until([&] { return !source_.waiting.empty(); });
  EXPECT_EQ(client.Read(), "");
  source_.AnswerWaiting();
  Until([&] { return client.Read().find("shop::") != std::string::npos; });
}

TEST_F(AdminServerTest, AnAnswerThatNobodyWaitsForIsDropped) {
  source_.answers_late = true;
  Client client(server_->address());
  client.Send("GET /clusters HTTP/1.1\r\nHost: localhost\r\n\r\n");
  Until([&] { return !source_.waiting.empty(); });
  client.Close();
  Turn();
  source_.AnswerWaiting();
  Turn();
  Client other(server_->address());
  Exchange(other, "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "LIVE\n");
}

TEST_F(AdminServerTest, ALargeAnswerArrivesWhole) {
  const std::string name(100, 'n');
  for (int i = 0; i < 20'000; ++i) {
    source_.listeners.push_back({name + std::to_string(i), {"127.0.0.1:1"}});
  }
  Client client(server_->address());
  const std::string reply = Exchange(client, "GET /listeners HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                     "n19999::127.0.0.1:1\n");
  EXPECT_GT(reply.size(), 2'000'000u);
}

TEST_F(AdminServerTest, ABodyIsReadAndDroppedUpToABound) {
  Client small(server_->address());
  Exchange(small, "POST /reopen_logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
           "OK\n");
  EXPECT_EQ(source_.reopens, 1);
  Client large(server_->address());
  large.Send("POST /reopen_logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n");
  const std::string part(32 * 1024, 'x');
  for (int i = 0; i < 3; ++i) {
    large.Send(part);
    Turn();
  }
  Until([&] { return large.Read().starts_with("HTTP/1.1 413 "); });
  EXPECT_EQ(source_.reopens, 1);
}

TEST_F(AdminServerTest, WhatIsNotHttpIsRefused) {
  Client client(server_->address());
  Exchange(client, "GET /ready HTTP/1.1\nHost: localhost\n\n", "HTTP/1.1 400 ");
  Until([&] { return client.Read(), client.closed(); });
}

TEST_F(AdminServerTest, AQuietClientIsLetGo) {
  Client client(server_->address());
  client.Send("GET /ready HT");
  Turn();
  clock_.AdvanceMs(AdminConnection::kQuietMs / 2);
  Turn();
  EXPECT_EQ(client.Read(), "");
  EXPECT_FALSE(client.closed());
  clock_.AdvanceMs(AdminConnection::kQuietMs + 100);
  Until([&] { return client.Read(), client.closed(); });
}

TEST_F(AdminServerTest, ClientsAreBounded) {
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < AdminServer::kMaxConnections; ++i) {
    clients.push_back(std::make_unique<Client>(server_->address()));
    Exchange(*clients.back(), "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "LIVE\n");
  }
  Client more(server_->address());
  Until([&] { return more.Read(), more.closed(); });
  EXPECT_EQ(more.Read(), "");
  clients.pop_back();
  Turn();
  Client again(server_->address());
  Exchange(again, "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "LIVE\n");
}

TEST_F(AdminServerTest, AClosedServerLetsItsClientsGo) {
  Client client(server_->address());
  Exchange(client, "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "LIVE\n");
  server_ = nullptr;
  Until([&] { return client.Read(), client.closed(); });
}

}  // namespace
}  // namespace sluice::admin
