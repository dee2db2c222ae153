// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>

#include "dataplane/event/socket.h"
#include "gtest/gtest.h"

namespace sluice::upstream {
namespace {

// What the kernel was told of the socket that a cluster's connection is on. That it then ends a
// connection to a peer that vanished is the kernel's own affair, and takes a network that loses
// packets to be seen.
class DialTest : public ::testing::Test {
 protected:
  DialTest() : listener_(*event::ListenSocket(*event::Address::FromIp("127.0.0.1", 0))) {}

  int Option(const config::Cluster& cluster, int level, int name) {
    const auto transport = Dial(cluster, event::LocalAddress(listener_.get())->ToString(), "");
    EXPECT_TRUE(transport.ok()) << transport.status();
    int value = -1;
    socklen_t size = sizeof(value);
    EXPECT_EQ(getsockopt((*transport)->fd(), level, name, &value, &size), 0);
    return value;
  }

  event::UniqueFd listener_;
  config::Cluster cluster_;
};

TEST_F(DialTest, NobodyIsProbedWhoNeedNotBe) {
  EXPECT_EQ(Option(cluster_, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

TEST_F(DialTest, ASilentPeerIsProbedAsConfigured) {
  cluster_.tcp_keepalive = config::TcpKeepalive{.idle_s = 30, .interval_s = 5, .probes = 4};
  EXPECT_EQ(Option(cluster_, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPINTVL), 5);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPCNT), 4);
}

TEST_F(DialTest, BytesThatNobodyAcknowledgesGetTheSameTime) {
  cluster_.tcp_keepalive = config::TcpKeepalive{.idle_s = 30, .interval_s = 5, .probes = 4};
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_USER_TIMEOUT), 50'000);
}

TEST_F(DialTest, WhatIsNotSetIsTheSystems) {
  const int idle = Option(cluster_, IPPROTO_TCP, TCP_KEEPIDLE);
  const int probes = Option(cluster_, IPPROTO_TCP, TCP_KEEPCNT);
  cluster_.tcp_keepalive = config::TcpKeepalive{.interval_s = 3};
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPIDLE), idle);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPCNT), probes);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPINTVL), 3);
}

TEST_F(DialTest, NumbersBeyondTheKernelsAreItsLargest) {
  cluster_.tcp_keepalive =
      config::TcpKeepalive{.idle_s = 4'000'000'000, .interval_s = 0, .probes = 1'000};
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPIDLE), 32767);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPINTVL), 1);
  EXPECT_EQ(Option(cluster_, IPPROTO_TCP, TCP_KEEPCNT), 127);
}

TEST(NameOfTest, IsTheHostWithoutPortAndBrackets) {
  EXPECT_EQ(NameOf("a.example"), "a.example");
  EXPECT_EQ(NameOf("a.example:8443"), "a.example");
  EXPECT_EQ(NameOf("192.0.2.1:8443"), "192.0.2.1");
  EXPECT_EQ(NameOf("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(NameOf("[2001:db8::1]:8443"), "2001:db8::1");
  EXPECT_EQ(NameOf(""), "");
}

TEST(SniOfTest, AnAddressIsNoServerName) {
  EXPECT_EQ(SniOf("a.example:8443"), "a.example");
  EXPECT_EQ(SniOf("192.0.2.1:8443"), "");
  EXPECT_EQ(SniOf("[2001:db8::1]:8443"), "");
  EXPECT_EQ(SniOf("host1:8443"), "host1");
}

}  // namespace
}  // namespace sluice::upstream
