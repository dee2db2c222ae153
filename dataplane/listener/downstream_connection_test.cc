// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/downstream_connection.h"

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/manual_clock.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/http/request_handler_fake.h"
#include "gtest/gtest.h"

namespace sluice::listener {
namespace {

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kSettings{"\0\0\0\4\0\0\0\0\0", 9};

// HEADERS of a GET on stream 1: END_HEADERS is 4, END_STREAM 1.
std::string Stream(char flags) {
  return absl::StrCat(std::string_view("\0\0\6\1", 4), std::string(1, flags),
                      std::string_view("\0\0\0\1\x82\x86\x84\1\1a", 10));
}

// One connection whose other end is a socket of the test's; time stands still.
class DownstreamConnectionTest : public ::testing::Test {
 protected:
  struct Owner final : ConnectionOwner {
    const config::HttpConnection& http() const override { return *config; }
    std::shared_ptr<const config::HttpConnection> shared_http() const override { return config; }
    http::RequestHandler& handler() override { return requests; }
    void OnConnectionClosed() override { ++closed; }

    std::shared_ptr<config::HttpConnection> config = std::make_shared<config::HttpConnection>();
    http::FakeRequestHandler requests;
    int closed = 0;
  };

  DownstreamConnectionTest() {
    owner_->requests.on_request = [](http::FakeRequest& request) { request.Answer(200, "ok"); };
  }
  ~DownstreamConnectionTest() override {
    client_ = event::UniqueFd();
    Settle();
    EXPECT_EQ(owner_->closed, started_);
  }

  DownstreamConnection& Start() {
    int fds[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    client_ = event::UniqueFd(fds[0]);
    received_.clear();
    eof_ = false;
    ++started_;
    auto* connection =
        new DownstreamConnection(loop_, {.remote = *event::Address::FromIp("192.0.2.1", 5),
                                         .local = *event::Address::FromIp("192.0.2.2", 80),
                                         .listener = "l",
                                         .id = 7});
    connection->SetOwner(owner_);
    connection->Start(std::make_unique<event::PlainTransport>(event::UniqueFd(fds[1])));
    Settle();
    return *connection;
  }

  void Settle() {
    for (int i = 0; i < 10; ++i) {
      loop_.RunOnce();
      if (client_.valid() && reads_) Read();
    }
  }
  void AdvanceMs(int64_t ms) {
    clock_.AdvanceMs(ms);
    Settle();
  }
  void Send(std::string_view bytes) {
    CHECK_EQ(send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
             static_cast<ssize_t>(bytes.size()));
    Settle();
  }
  void Read() {
    char bytes[4096];
    for (;;) {
      const ssize_t n = recv(client_.get(), bytes, sizeof bytes, 0);
      if (n > 0) {
        received_.append(bytes, static_cast<size_t>(n));
        continue;
      }
      eof_ = eof_ || n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
      return;
    }
  }
  std::vector<std::unique_ptr<http::FakeRequest>>& requests() { return owner_->requests.requests; }
  bool SaysHttp2() const { return received_.size() >= 9 && received_[3] == 4; }

  base::ManualClock clock_;
  event::Loop loop_{clock_};
  std::shared_ptr<Owner> owner_ = std::make_shared<Owner>();
  event::UniqueFd client_;
  std::string received_;
  bool eof_ = false;
  bool reads_ = true;
  int started_ = 0;
};

TEST_F(DownstreamConnectionTest, AnswersARequestAndKeepsTheConnection) {
  Start();
  for (int i = 0; i < 2; ++i) {
    received_.clear();
    Send(kGet);
    EXPECT_TRUE(received_.ends_with("\r\n\r\nok")) << received_;
  }
  EXPECT_EQ(requests().size(), 2u);
  EXPECT_TRUE(requests()[1]->complete);
  EXPECT_FALSE(eof_);
  const http::DownstreamInfo& info = owner_->requests.downstream;
  EXPECT_EQ(info.remote_address, "192.0.2.1:5");
  EXPECT_EQ(info.remote_ip, "192.0.2.1");
  EXPECT_EQ(info.local_address, "192.0.2.2:80");
  EXPECT_EQ(info.connection_id, 7u);
  EXPECT_FALSE(info.tls);
}

TEST_F(DownstreamConnectionTest, EveryByteIsCountedOnce) {
  Start();
  size_t answered = 0;
  for (int i = 0; i < 3; ++i) {
    received_.clear();
    Send(kGet);
    answered += received_.size();
    EXPECT_EQ(owner_->requests.received_bytes, (i + 1) * kGet.size());
    EXPECT_EQ(owner_->requests.sent_bytes, answered);
  }
  Send("GET ");  // No request is made of it.
  client_ = event::UniqueFd();
  Settle();
  EXPECT_EQ(owner_->requests.received_bytes, 3 * kGet.size() + 4);
}

TEST_F(DownstreamConnectionTest, Http1IsKnownHoweverItsBytesAreCut) {
  for (size_t cut = 1; cut < kGet.size(); ++cut) {
    Start();
    Send(kGet.substr(0, cut));
    Send(kGet.substr(cut));
    EXPECT_TRUE(received_.ends_with("ok")) << cut;
    client_ = event::UniqueFd();
    Settle();
  }
}

// "PRI " may still be a method, until it is not.
TEST_F(DownstreamConnectionTest, WhatOnlyBeginsAsThePrefaceIsHttp1) {
  for (size_t cut = 1; cut < 16; ++cut) {
    Start();
    Send(absl::StrCat(kPreface.substr(0, cut), "?"));
    EXPECT_FALSE(SaysHttp2()) << cut;
    client_ = event::UniqueFd();
    Settle();
  }
}

TEST_F(DownstreamConnectionTest, Http2IsKnownHoweverItsBytesAreCut) {
  const std::string bytes = absl::StrCat(kPreface, kSettings);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    Start();
    Send(bytes.substr(0, cut));
    Send(bytes.substr(cut));
    EXPECT_TRUE(SaysHttp2()) << cut;
    EXPECT_FALSE(eof_) << cut;
    client_ = event::UniqueFd();
    Settle();
  }
}

TEST_F(DownstreamConnectionTest, ASetCodecIsNotGuessed) {
  owner_->config->codec = config::HttpConnection::Codec::kHttp2;
  Start();
  EXPECT_TRUE(SaysHttp2());  // Before the client said a word.
  owner_->config = std::make_shared<config::HttpConnection>();
  owner_->config->codec = config::HttpConnection::Codec::kHttp1;
  Start();
  Send(kPreface);
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 ")) << received_;
}

TEST_F(DownstreamConnectionTest, AHeadThatDoesNotComeInTimeIs408) {
  owner_->config->request_headers_timeout_ms = 1000;
  Start();
  Send("GET /x HT");
  AdvanceMs(900);
  EXPECT_EQ(received_, "");
  Send("TP/1.1\r\n");  // A byte now and then does not help.
  AdvanceMs(200);
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 408 ")) << received_;
  EXPECT_TRUE(eof_);
  ASSERT_EQ(owner_->requests.bad_requests.size(), 1u);
  EXPECT_EQ(owner_->requests.bad_requests[0].status, 408);
}

TEST_F(DownstreamConnectionTest, EachHeadHasItsOwnTime) {
  owner_->config->request_headers_timeout_ms = 1000;
  Start();
  for (int i = 0; i < 5; ++i) {
    AdvanceMs(900);
    received_.clear();
    Send(kGet.substr(0, 5));
    AdvanceMs(900);
    Send(kGet.substr(5));
    EXPECT_TRUE(received_.ends_with("ok")) << i;
  }
}

// On a busy HTTP/2 connection each read may end within a head, so that none is seen to end.
TEST_F(DownstreamConnectionTest, EachHeadHasItsOwnTimeWhereTheNextFollowsAtOnce) {
  owner_->config->request_headers_timeout_ms = 1000;
  Start();
  const auto get = [](int id) {
    return absl::StrCat(std::string_view("\0\0\6\1\5\0\0\0", 8),
                        std::string(1, static_cast<char>(id)),
                        std::string_view("\x82\x86\x84\1\1a", 6));
  };
  constexpr size_t kWithinHead = 12;
  std::string rest = get(1).substr(kWithinHead);
  Send(absl::StrCat(kPreface, kSettings, get(1).substr(0, kWithinHead)));
  for (int id = 3; id <= 9; id += 2) {
    AdvanceMs(900);
    Send(absl::StrCat(rest, get(id).substr(0, kWithinHead)));
    rest = get(id).substr(kWithinHead);
    EXPECT_FALSE(eof_) << id;
  }
  EXPECT_EQ(requests().size(), 4u);
  AdvanceMs(1100);
  EXPECT_TRUE(eof_);  // The last one's rest never came.
}

TEST_F(DownstreamConnectionTest, WhoSaysNothingIsClosed) {
  owner_->config->request_headers_timeout_ms = 1000;
  Start();
  AdvanceMs(900);
  EXPECT_FALSE(eof_);
  AdvanceMs(200);
  EXPECT_TRUE(eof_);
  EXPECT_EQ(received_, "");
}

TEST_F(DownstreamConnectionTest, AnIdleConnectionIsClosed) {
  owner_->config->connection_idle_timeout_ms = 1000;
  Start();
  Send(kGet);
  AdvanceMs(900);
  Send(kGet);
  AdvanceMs(900);
  EXPECT_FALSE(eof_);
  AdvanceMs(200);
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, ARequestUnderWayIsNotIdle) {
  owner_->config->connection_idle_timeout_ms = 1000;
  owner_->requests.on_request = nullptr;
  Start();
  Send(kGet);
  for (int i = 0; i < 5; ++i) AdvanceMs(900);
  EXPECT_FALSE(eof_);
  requests()[0]->Answer(200, "ok");
  Settle();
  EXPECT_TRUE(received_.ends_with("ok"));
  EXPECT_FALSE(eof_);
  AdvanceMs(1100);
  AdvanceMs(1100);
  EXPECT_TRUE(eof_);
}

// A connection on which only pings go back and forth: the deadline moves with them, and the timer
// must not run hot once the first limit is past.
TEST_F(DownstreamConnectionTest, WhatMovesTheIdleLimitMovesItsTimer) {
  owner_->config->connection_idle_timeout_ms = 1000;
  Start();
  Send(absl::StrCat(kPreface, kSettings));
  const std::string ping("\0\0\x8\6\0\0\0\0\0abcdefgh", 17);
  for (int i = 0; i < 4; ++i) {
    AdvanceMs(800);
    Send(ping);
    EXPECT_EQ(received_.find('\7'), std::string::npos) << i;  // No GOAWAY.
  }
  received_.clear();
  AdvanceMs(1100);
  // Our own ping measures the way to the client before it is told the last stream.
  EXPECT_NE(received_.find(std::string_view("\7\0\0\0\0\0\x7f\xff\xff\xff", 10)),
            std::string::npos);
}

// An HTTP/2 client that has vanished confirms nothing.
TEST_F(DownstreamConnectionTest, AClientThatDoesNotConfirmTheEndIsClosedAllTheSame) {
  owner_->config->connection_idle_timeout_ms = 1000;
  owner_->config->drain_timeout_ms = 500;
  Start();
  Send(absl::StrCat(kPreface, kSettings));
  AdvanceMs(1100);
  EXPECT_FALSE(eof_);
  AdvanceMs(600);
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, LastBytesThatNobodyReadsAreGivenUp) {
  owner_->config->delayed_close_ms = 500;
  owner_->requests.on_request = nullptr;
  Start();
  Send(kGet);
  reads_ = false;
  http::FakeRequest& request = *requests()[0];
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 200;
  head.framing = {http::Framing::Kind::kLength, 100'000'000};
  request.stream->SendResponse(head, false);
  base::Buffer data;
  data.AppendCopy(std::string(8'000'000, 'x'));
  request.stream->SendData(data, false);
  Settle();
  request.stream->Reset(
      {http::ErrorKind::kReset, http::Side::kOurselves, http::Retry::kNever, "x"});
  request.stream = nullptr;
  Settle();
  EXPECT_EQ(owner_->closed, 0);
  AdvanceMs(600);
  EXPECT_EQ(owner_->closed, 1);
}

TEST_F(DownstreamConnectionTest, DrainClosesWhatIsIdleAtOnce) {
  DownstreamConnection& connection = Start();
  Send(kGet);
  connection.Drain();
  Settle();
  EXPECT_TRUE(eof_);
}

// A client does not send a first request again by itself.
TEST_F(DownstreamConnectionTest, DrainServesAFirstRequestThatIsOnItsWay) {
  for (const bool set : {false, true}) {
    if (set) owner_->config->codec = config::HttpConnection::Codec::kHttp1;
    DownstreamConnection& connection = Start();
    connection.Drain();
    Settle();
    EXPECT_FALSE(eof_);
    Send(kGet.substr(0, 7));
    Send(kGet.substr(7));
    EXPECT_NE(received_.find("connection: close\r\n"), std::string::npos) << received_;
    EXPECT_TRUE(received_.ends_with("ok"));
    EXPECT_TRUE(eof_);
  }
}

TEST_F(DownstreamConnectionTest, DrainServesAFirstStreamThatIsOnItsWay) {
  DownstreamConnection& connection = Start();
  connection.Drain();
  Settle();
  EXPECT_FALSE(eof_);
  Send(absl::StrCat(kPreface, kSettings, Stream(/*flags=*/5)));
  EXPECT_EQ(requests().size(), 1u);
  EXPECT_NE(received_.find("ok"), std::string::npos);
  // GOAWAY that takes what is on its way.
  EXPECT_NE(received_.find(std::string_view("\7\0\0\0\0\0\x7f\xff\xff\xff", 10)),
            std::string::npos);
}

TEST_F(DownstreamConnectionTest, DrainDoesNotWaitForAFirstRequestForEver) {
  owner_->config->drain_timeout_ms = 500;
  DownstreamConnection& connection = Start();
  connection.Drain();
  AdvanceMs(400);
  EXPECT_FALSE(eof_);
  AdvanceMs(200);
  EXPECT_TRUE(eof_);
  EXPECT_EQ(received_, "");
}

TEST_F(DownstreamConnectionTest, AnEarlyAnswerIsFollowedByAResetAfterAWhile) {
  constexpr std::string_view kReset{"\0\0\4\3\0\0\0\0\1\0\0\0\0", 13};
  Start();
  Send(absl::StrCat(kPreface, kSettings, Stream(/*flags=*/4)));
  EXPECT_NE(received_.find("ok"), std::string::npos);
  EXPECT_TRUE(requests()[0]->complete);
  AdvanceMs(550);
  EXPECT_EQ(received_.find(kReset), std::string::npos);
  AdvanceMs(550);
  EXPECT_NE(received_.find(kReset), std::string::npos);
  EXPECT_FALSE(eof_);
}

TEST_F(DownstreamConnectionTest, DrainLetsARequestFinishAndSaysClose) {
  owner_->requests.on_request = nullptr;
  DownstreamConnection& connection = Start();
  Send(kGet);
  connection.Drain();
  Settle();
  EXPECT_FALSE(eof_);
  requests()[0]->Answer(200, "ok");
  Settle();
  EXPECT_NE(received_.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(received_.ends_with("ok"));
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, DrainDoesNotKeepAHeadForEver) {
  owner_->config->request_headers_timeout_ms = 1000;
  DownstreamConnection& connection = Start();
  Send("GET /x HTTP/1.1\r\n");
  connection.Drain();
  AdvanceMs(1100);
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, ALifeHasItsEnd) {
  owner_->config->max_connection_duration_ms = 1000;
  owner_->requests.on_request = nullptr;
  Start();
  Send(kGet);
  AdvanceMs(1100);
  EXPECT_FALSE(eof_);
  requests()[0]->Answer(200, "ok");
  Settle();
  EXPECT_NE(received_.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, TheLastRequestOfAConnectionSaysClose) {
  owner_->config->max_requests_per_connection = 2;
  Start();
  Send(kGet);
  EXPECT_EQ(received_.find("connection: close"), std::string::npos);
  EXPECT_FALSE(eof_);
  received_.clear();
  Send(kGet);
  EXPECT_NE(received_.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(received_.ends_with("ok"));
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  owner_->requests.on_request = nullptr;
  Start();
  Send(absl::StrCat("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n", "GET /2 HTTP/1.1\r\nhost: a\r\n\r\n"));
  ASSERT_EQ(requests().size(), 1u);
  requests()[0]->Answer(200, "one");
  Settle();
  ASSERT_EQ(requests().size(), 2u);
  EXPECT_EQ(requests()[1]->path, "/2");
  requests()[1]->Answer(200, "two");
  Settle();
  EXPECT_LT(received_.find("one"), received_.find("two"));
  EXPECT_TRUE(received_.ends_with("two"));
}

TEST_F(DownstreamConnectionTest, AClientThatLeavesResetsItsRequest) {
  owner_->requests.on_request = nullptr;
  Start();
  Send(kGet);
  client_ = event::UniqueFd();
  Settle();
  ASSERT_TRUE(requests()[0]->reset.has_value());
  EXPECT_EQ(requests()[0]->reset->kind, http::ErrorKind::kConnectionClosed);
}

TEST_F(DownstreamConnectionTest, CloseNowResetsAndTellsItsOwner) {
  owner_->requests.on_request = nullptr;
  DownstreamConnection& connection = Start();
  Send(kGet);
  connection.CloseNow();
  Settle();
  EXPECT_TRUE(requests()[0]->reset.has_value());
  EXPECT_EQ(owner_->closed, 1);
  EXPECT_TRUE(eof_);
}

TEST_F(DownstreamConnectionTest, ABadHeadIsAnsweredByTheCodecAndTold) {
  Start();
  Send("GET /x HTTP/1.1\r\nbad header: x\r\n\r\n");
  EXPECT_TRUE(received_.starts_with("HTTP/1.1 400 ")) << received_;
  EXPECT_TRUE(eof_);
  ASSERT_EQ(owner_->requests.bad_requests.size(), 1u);
  EXPECT_TRUE(owner_->requests.bad_requests[0].raw.starts_with("GET /x"));
}

TEST_F(DownstreamConnectionTest, OptionsAreThoseThatTheCodecWasMadeWith) {
  Start();
  Send(kGet);
  // The old one goes, and its options with it, unless the connection keeps them.
  owner_->config = std::make_shared<config::HttpConnection>();
  received_.clear();
  Send(kGet);
  EXPECT_TRUE(received_.ends_with("ok"));
}

}  // namespace
}  // namespace sluice::listener
