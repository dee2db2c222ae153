// SPDX-License-Identifier: Apache-2.0
#include "dataplane/event/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::event {
namespace {

TEST(AddressTest, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:443",
                           "unix:/run/sluice.sock", "unix:@abstract"}) {
    auto address = Address::Parse(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
    sockaddr_storage storage;
    const socklen_t length = address->ToSockaddr(storage);
    EXPECT_TRUE(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage), length) == *address)
        << text;
  }
}

TEST(AddressTest, NamesWhatIsWrong) {
  for (const char* text :
       {"", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+80", "127.0.0.1: 80",
        "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1", "1.2.3:80", "01.2.3.4:80", "unix:"}) {
    auto address = Address::Parse(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_NE(address.status().message().find("address \""), std::string::npos);
  }
}

Address Loopback() { return *Address::Parse("127.0.0.1:0"); }

TEST(SocketTest, ConnectsAndAcceptsWithoutDelay) {
  auto listener = ListenSocket(Loopback());
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(AcceptSocket(listener->get()).error, EAGAIN);
  auto client = ConnectSocket(*LocalAddress(listener->get()));
  ASSERT_TRUE(client.ok()) << client.status();
  Accepted accepted = AcceptSocket(listener->get());
  ASSERT_TRUE(accepted.fd.valid());
  EXPECT_TRUE(accepted.peer == *LocalAddress(client->get()));
  for (int fd : {accepted.fd.get(), client->get()}) {
    int on = 0;
    socklen_t length = sizeof(on);
    ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
    EXPECT_NE(on, 0);
  }
}

TEST(SocketTest, WorkersShareAnAddressUnlessToldNotTo) {
  auto first = ListenSocket(Loopback());
  ASSERT_TRUE(first.ok());
  const Address address = *LocalAddress(first->get());
  EXPECT_TRUE(ListenSocket(address).ok());
  auto refused = ListenSocket(address, {.reuse_port = false});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(refused.status().message(),
            absl::StrCat("bind ", address.ToString(), ": Address already in use"));
}

TEST(SocketTest, SaysThatNoInterfaceHasTheAddress) {
  auto listener = ListenSocket(*Address::Parse("192.0.2.1:0"));
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kUnavailable);
}

TEST(SocketTest, SaysWhatAPrivilegedPortNeeds) {
  if (geteuid() != 0) {
    auto listener = ListenSocket(*Address::Parse("127.0.0.1:1"));
    if (listener.ok()) GTEST_SKIP() << "low ports are free here";
    EXPECT_NE(listener.status().message().find("CAP_NET_BIND_SERVICE"), std::string::npos);
    return;
  }
  // The effective user is this thread's for a moment; with it goes the capability.
  ASSERT_EQ(seteuid(65534), 0);
  auto listener = ListenSocket(*Address::Parse("127.0.0.1:1"));
  ASSERT_EQ(seteuid(0), 0);
  if (listener.ok()) GTEST_SKIP() << "low ports are free here";
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(listener.status().message().find("bind 127.0.0.1:1: Permission denied (ports below"),
            std::string::npos)
      << listener.status();
}

TEST(SocketTest, TakesOverAUnixSocketThatNobodyServes) {
  // Bazel's own folder for this is longer than a socket's path may be.
  char folder[] = "/tmp/sluice.XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = absl::StrCat(folder, "/s");
  auto address = Address::FromPath(path);
  ASSERT_TRUE(address.ok()) << address.status();
  ASSERT_TRUE(ListenSocket(*address).ok());  // Closed at once, its file stays.
  auto listener = ListenSocket(*address);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(ConnectSocket(*address).ok());
  auto second = ListenSocket(*address);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists) << "one is serving it";
  unlink(path.c_str());
  rmdir(folder);
}

// A connect to a plain file is refused like one to a socket that nobody serves.
TEST(SocketTest, LeavesAFileThatIsNoSocketWhereItIs) {
  char folder[] = "/tmp/sluice.XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = absl::StrCat(folder, "/s");
  std::ofstream(path) << "precious";
  auto listener = ListenSocket(*Address::FromPath(path));
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kAlreadyExists) << listener.status();
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "precious");
  unlink(path.c_str());
  rmdir(folder);
}

}  // namespace
}  // namespace sluice::event
