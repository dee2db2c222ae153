// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/manual_clock.h"
#include "dataplane/event/plain_transport.h"
#include "dataplane/event/socket.h"
#include "gtest/gtest.h"

namespace sluice::event {
namespace {

// A plain transport that counts what would be system calls.
class CountingTransport final : public Transport {
 public:
  explicit CountingTransport(UniqueFd fd) : plain_(std::move(fd)) {}
  int fd() const override { return plain_.fd(); }
  IoResult Read(base::Buffer& in, size_t limit) override {
    ++reads;
    return plain_.Read(in, limit);
  }
  IoResult Write(base::Buffer& out) override {
    ++writes;
    return plain_.Write(out);
  }
  IoResult Handshake() override { return {}; }
  bool wants_read() const override { return false; }
  bool wants_write() const override { return false; }
  bool has_buffered_input() const override { return false; }
  void ShutdownWrite() override {
    ++shutdowns;
    plain_.ShutdownWrite();
  }
  std::string_view alpn() const override { return {}; }
  std::string_view failure() const override { return plain_.failure(); }

  int reads = 0;
  int writes = 0;
  int shutdowns = 0;

 private:
  PlainTransport plain_;
};

struct User final : ConnectionUser {
  void OnConnected() override { log += "C"; }
  void OnBytes(base::Buffer& in) override {
    ++offers;
    if (leave) return;
    read_block = in.front().block();
    got += in.ToString();
    in.Drain(in.size());
    if (on_bytes) on_bytes();
  }
  void OnEof() override { log += "e"; }
  void Produce(base::Buffer& out, size_t limit) override {
    ++produces;
    const size_t n = std::min(limit, to_send.size());
    out.AppendCopy(std::string_view(to_send).substr(0, n));
    to_send.erase(0, n);
    if (n > 0) write_block = out.front().block();
    most_pending = std::max(most_pending, out.size());
  }
  void OnFlushed() override { log += "f"; }
  void OnClosed(bool error) override { log += error ? "X" : "x"; }

  std::string log, got, to_send;
  int offers = 0;
  int produces = 0;
  size_t most_pending = 0;
  bool leave = false;
  base::Block* read_block = nullptr;
  base::Block* write_block = nullptr;
  std::function<void()> on_bytes;
};

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    peer_ = UniqueFd(fds[1]);
    Adopt(UniqueFd(fds[0]));
  }

  void Adopt(UniqueFd fd) {
    auto transport = std::make_unique<CountingTransport>(std::move(fd));
    transport_ = transport.get();
    connection_ = std::make_unique<Connection>(loop_, std::move(transport), user_);
  }

  // Replaces the socket pair by a TCP connection over loopback.
  void UseTcp() {
    auto listener = ListenSocket(*Address::Parse("127.0.0.1:0"));
    ASSERT_TRUE(listener.ok()) << listener.status();
    auto client = ConnectSocket(*LocalAddress(listener->get()));
    ASSERT_TRUE(client.ok()) << client.status();
    peer_ = *std::move(client);
    Adopt(AcceptSocket(listener->get()).fd);
  }

  void PeerSends(std::string_view bytes) {
    ASSERT_EQ(send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // What the peer can read now; sets peer_eof_.
  std::string PeerReads() {
    std::string out;
    char buffer[65536];
    for (;;) {
      const ssize_t n = recv(peer_.get(), buffer, sizeof(buffer), 0);
      if (n == 0) peer_eof_ = true;
      if (n < 0 && errno != EAGAIN) peer_error_ = errno;
      if (n <= 0) return out;
      out.append(buffer, static_cast<size_t>(n));
    }
  }

  void Turns(int n) {
    for (int i = 0; i < n; ++i) loop_.RunOnce();
  }

  base::ManualClock clock_;
  Loop loop_{clock_};
  User user_;
  UniqueFd peer_;
  CountingTransport* transport_ = nullptr;
  std::unique_ptr<Connection> connection_;
  bool peer_eof_ = false;
  int peer_error_ = 0;
};

TEST_F(ConnectionTest, AnIdleExchangeCostsOneReadAndOneWrite) {
  connection_->Start(false);
  EXPECT_EQ(user_.log, "C");
  user_.on_bytes = [this] {
    user_.to_send += "answer";
    connection_->RequestFlush();
    connection_->RequestFlush();
  };
  for (int i = 1; i <= 3; ++i) {
    PeerSends("question");
    Turns(2);
    EXPECT_EQ(PeerReads(), "answer");
    EXPECT_EQ(transport_->reads, i);
    EXPECT_EQ(transport_->writes, i);
  }
  EXPECT_EQ(user_.log, "Cfff");
  EXPECT_EQ(connection_->bytes_read(), 24u);
  EXPECT_EQ(connection_->bytes_written(), 18u);
}

// Aim: no block stays with an idle connection. Method: the block that it wrote from, which is the
// one it had read into, is the next that the thread hands out.
TEST_F(ConnectionTest, HoldsNoBlockWhileIdle) {
  connection_->Start(false);
  PeerSends("x");
  user_.on_bytes = [this] {
    user_.to_send = "y";
    connection_->RequestFlush();
  };
  Turns(2);
  ASSERT_NE(user_.read_block, nullptr);
  EXPECT_EQ(user_.write_block, user_.read_block);
  base::Block* next = base::Block::New();
  EXPECT_EQ(next, user_.write_block);
  next->Unref();
}

TEST_F(ConnectionTest, ALargeAnswerLeavesInPartsAndWhole) {
  const int small = 8192;
  setsockopt(transport_->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  connection_->Start(false);
  std::string all;
  for (int i = 0; i < 300000; ++i) all += static_cast<char>('a' + i % 23);
  user_.to_send = all;
  connection_->RequestFlush();
  std::string got;
  for (int turn = 0; turn < 10000 && got.size() < all.size(); ++turn) {
    loop_.RunOnce();
    if (turn == 3) {
      const int writes = transport_->writes;
      Turns(5);
      EXPECT_EQ(transport_->writes, writes) << "a full socket is not asked again";
    }
    got += PeerReads();
  }
  EXPECT_TRUE(got == all);
  Turns(2);
  EXPECT_EQ(user_.log, "Cf");
  EXPECT_LE(user_.most_pending, Connection::kWriteLimit);
}

TEST_F(ConnectionTest, OneThatIsAlwaysReadyLetsOthersHaveTheirTurn) {
  UseTcp();
  const int big = 8 << 20;
  setsockopt(transport_->fd(), SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
  connection_->Start(false);
  user_.to_send = std::string(1 << 20, 'x');
  connection_->RequestFlush();
  loop_.RunOnce();
  EXPECT_LE(connection_->bytes_written(), Connection::kTurnWriteLimit);
  size_t got = 0;
  for (int i = 0; i < 100000 && got < (1u << 20); ++i) {
    loop_.RunOnce();
    got += PeerReads().size();
  }
  EXPECT_EQ(got, 1u << 20);
}

TEST_F(ConnectionTest, ReadsNothingWhilePaused) {
  connection_->Start(false);
  connection_->PauseReading();
  PeerSends("held");
  Turns(3);
  EXPECT_EQ(transport_->reads, 0);
  connection_->ResumeReading();
  Turns(2);
  EXPECT_EQ(user_.got, "held");
}

TEST_F(ConnectionTest, ResumingOffersWhatWasLeftBeforeNewerBytes) {
  connection_->Start(false);
  user_.leave = true;
  PeerSends("first ");
  Turns(2);
  EXPECT_EQ(user_.offers, 1);
  connection_->PauseReading();
  PeerSends("second");
  Turns(2);
  user_.leave = false;
  connection_->ResumeReading();
  loop_.RunOnce();
  EXPECT_EQ(user_.got, "first ");
  loop_.RunOnce();
  EXPECT_EQ(user_.got, "first second");
}

TEST_F(ConnectionTest, TheEndComesBehindTheBytesThatAPauseLeft) {
  connection_->Start(false);
  user_.leave = true;
  PeerSends("first ");
  Turns(2);
  connection_->PauseReading();
  PeerSends("second");
  shutdown(peer_.get(), SHUT_WR);
  Turns(2);
  // Bytes and end are all there when the user goes on; it pauses once more in between.
  connection_->ResumeReading();
  user_.on_bytes = [this] {
    if (user_.got == "first ") connection_->PauseReading();
    EXPECT_EQ(user_.log, "C");
  };
  user_.leave = false;
  Turns(4);
  connection_->ResumeReading();
  Turns(4);
  EXPECT_EQ(user_.got, "first second");
  EXPECT_EQ(user_.log, "Ce");
}

TEST_F(ConnectionTest, AnswersAfterThePeerHasEndedItsSide) {
  connection_->Start(false);
  PeerSends("bye");
  shutdown(peer_.get(), SHUT_WR);
  Turns(4);
  EXPECT_EQ(user_.got, "bye");
  EXPECT_EQ(user_.log, "Ce");
  user_.to_send = "answer";
  connection_->RequestFlush();
  Turns(1);
  EXPECT_EQ(PeerReads(), "answer");
  connection_->CloseAfterFlush();
  Turns(1);
  EXPECT_EQ(user_.log, "Cefx") << "no lingering for a peer that is done";
}

// Aim: RFC 9112 9.6. Method: a peer that keeps sending is answered and closed; were the socket
// closed with its bytes unread, the kernel would reset it and drop the answer.
TEST_F(ConnectionTest, APeerThatKeepsSendingStillGetsTheWholeAnswer) {
  UseTcp();
  connection_->Start(false);
  PeerSends(std::string(20000, 'u'));
  user_.on_bytes = [this] {
    user_.to_send = std::string(100000, 'a');
    connection_->CloseAfterFlush();
  };
  std::string answer;
  for (int i = 0; i < 1000 && answer.size() < 100000; ++i) {
    loop_.RunOnce();
    if (i < 10) PeerSends("more");
    answer += PeerReads();
  }
  EXPECT_EQ(answer.size(), 100000u);
  for (int i = 0; i < 1000 && !peer_eof_; ++i) {
    loop_.RunOnce();
    PeerReads();
  }
  EXPECT_TRUE(peer_eof_);
  EXPECT_EQ(peer_error_, 0);
  EXPECT_EQ(transport_->shutdowns, 1);
  EXPECT_EQ(user_.log, "Cf") << "lingers until the peer is done";
  const int offers = user_.offers;
  PeerSends("still more");
  Turns(2);
  EXPECT_EQ(user_.offers, offers) << "and offers nothing of it";
  peer_ = UniqueFd();
  for (int i = 0; i < 1000 && user_.log == "Cf"; ++i) loop_.RunOnce();
  EXPECT_EQ(user_.log, "Cfx");
}

TEST_F(ConnectionTest, LingeringEndsAtItsTime) {
  connection_->Start(false);
  connection_->CloseAfterFlush(1000, 500);
  Turns(2);
  EXPECT_EQ(user_.log, "C");
  clock_.AdvanceMs(520);
  Turns(1);
  EXPECT_EQ(user_.log, "Cx");
}

TEST_F(ConnectionTest, LingeringEndsAtItsBytes) {
  connection_->Start(false);
  connection_->CloseAfterFlush(1000, 500);
  Turns(2);
  PeerSends(std::string(400, 'x'));
  Turns(2);
  EXPECT_EQ(user_.log, "C");
  PeerSends(std::string(600, 'x'));
  Turns(2);
  EXPECT_EQ(user_.log, "Cx");
  EXPECT_EQ(user_.got, "");
}

TEST_F(ConnectionTest, ClosingNowTellsAtTheEndOfTheTurn) {
  connection_->Start(false);
  user_.to_send = "never";
  connection_->RequestFlush();
  connection_->CloseNow();
  EXPECT_EQ(user_.log, "C");
  Turns(2);
  EXPECT_EQ(user_.log, "Cx");
  EXPECT_EQ(user_.produces, 0);
}

TEST_F(ConnectionTest, ARefusedConnectSaysSo) {
  Address address;
  {
    auto listener = ListenSocket(*Address::Parse("127.0.0.1:0"));
    address = *LocalAddress(listener->get());
  }
  auto fd = ConnectSocket(address);
  ASSERT_TRUE(fd.ok()) << fd.status();
  Adopt(*std::move(fd));
  connection_->Start(true);
  for (int i = 0; i < 100000 && user_.log.empty(); ++i) loop_.RunOnce();
  EXPECT_EQ(user_.log, "X");
  EXPECT_EQ(connection_->failure(), "connect: Connection refused");
}

TEST_F(ConnectionTest, WhatWasAskedBeforeTheConnectLeavesAfterIt) {
  auto listener = ListenSocket(*Address::Parse("127.0.0.1:0"));
  Adopt(*ConnectSocket(*LocalAddress(listener->get())));
  user_.to_send = "early";
  connection_->RequestFlush();
  connection_->Start(true);
  for (int i = 0; i < 100000 && user_.log != "Cf"; ++i) loop_.RunOnce();
  EXPECT_EQ(user_.log, "Cf");
  peer_ = AcceptSocket(listener->get()).fd;
  EXPECT_EQ(PeerReads(), "early");
}

// Aim: what the peer said before it went is not lost to the write that fails first. Method: it
// comes between the turn's reads and its writes, where posted tasks run.
TEST_F(ConnectionTest, AnEarlyAnswerIsReadThoughThePeerTakesNoMore) {
  connection_->Start(false);
  user_.to_send = "body";
  loop_.Post([this] {
    PeerSends("413 too large");
    peer_ = UniqueFd();
    connection_->RequestFlush();
  });
  Turns(1);
  EXPECT_EQ(user_.got, "413 too large");
  EXPECT_EQ(user_.log, "CeX");
}

TEST_F(ConnectionTest, APeerThatVanishesIsAnError) {
  UseTcp();
  connection_->Start(false);
  const linger abort = {.l_onoff = 1, .l_linger = 0};
  setsockopt(peer_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  peer_ = UniqueFd();
  for (int i = 0; i < 100000 && user_.log == "C"; ++i) loop_.RunOnce();
  EXPECT_EQ(user_.log, "CX");
  EXPECT_EQ(connection_->failure(), "Connection reset by peer");
}

TEST_F(ConnectionTest, BulkInputArrivesWholeInFewReads) {
  UseTcp();
  const int big = 4 << 20;
  setsockopt(peer_.get(), SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
  setsockopt(transport_->fd(), SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
  connection_->Start(false);
  std::string all;
  for (int i = 0; i < (1 << 20); ++i) all += static_cast<char>('a' + i % 23);
  for (size_t sent = 0, turns = 0; user_.got.size() < all.size() && turns < 100000; ++turns) {
    const ssize_t n = send(peer_.get(), all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<size_t>(n);
    loop_.RunOnce();
  }
  EXPECT_TRUE(user_.got == all);
}

}  // namespace
}  // namespace sluice::event
