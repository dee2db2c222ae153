// SPDX-License-Identifier: Apache-2.0
#include "dataplane/main/socket_table.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/event/socket.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

config::Listener ListenerAt(const std::string& name, uint16_t port) {
  config::Listener listener;
  listener.name = name;
  listener.addresses.push_back({"127.0.0.1", port});
  return listener;
}

class SocketTableTest : public testing::Test {
 protected:
  // A port that is the test's own for as long as it runs: another listener holds it as "any".
  uint16_t Port() {
    EXPECT_TRUE(table.Acquire(ListenerAt("holder", 0)).ok());
    return table.AddressesOf(ListenerAt("holder", 0)).at(0).port();
  }
  absl::flat_hash_map<std::string, SocketTable::Sockets> Publish(
      std::vector<config::Listener> listeners) {
    config::Snapshot snapshot;
    for (config::Listener& listener : listeners) {
      snapshot.listeners.push_back(std::make_shared<const config::Listener>(std::move(listener)));
    }
    return table.SocketsOf(snapshot);
  }

  SocketTable table{2};
};

TEST_F(SocketTableTest, AnAddressIsOneListeners) {
  const uint16_t port = Port();
  ASSERT_TRUE(table.Acquire(ListenerAt("a", port)).ok());
  EXPECT_TRUE(table.Acquire(ListenerAt("a", port)).ok()) << "its own it may have again";
  EXPECT_EQ(table.Acquire(ListenerAt("b", port)).message(),
            absl::StrCat("listener \"b\": the address 127.0.0.1:", port,
                         " is that of the listener \"a\""));
  table.Release("a");
  EXPECT_TRUE(table.Acquire(ListenerAt("b", port)).ok());
}

// A Gateway without addresses asks for all of both families (translate/listener.h).
TEST_F(SocketTableTest, WithoutIpv6AllItsAddressesAreNone) {
  SocketTable without{2, /*has_ipv6=*/false};
  config::Listener everywhere = ListenerAt("a", 8080);
  everywhere.addresses[0].address = "::";
  EXPECT_TRUE(without.Acquire(everywhere).ok());
  EXPECT_TRUE(without.AddressesOf(everywhere).empty());
  everywhere.addresses[0].address = "::1";
  EXPECT_EQ(without.Acquire(everywhere).ok(), event::HasIpv6()) << "what is asked for by name";
}

TEST_F(SocketTableTest, SocketsPassToTheNextListenerOfTheirAddress) {
  const uint16_t port = Port();
  ASSERT_TRUE(table.Acquire(ListenerAt("a", port)).ok());
  const auto before = Publish({ListenerAt("a", port)});
  table.Release("a");
  ASSERT_TRUE(table.Acquire(ListenerAt("b", port)).ok());
  const auto after = Publish({ListenerAt("b", port)});
  EXPECT_EQ(before.at("a").at(0), after.at("b").at(0)) << "no connection in their queue is lost";
}

TEST_F(SocketTableTest, WhatWasNeverPublishedIsClosedWhenNobodyWantsIt) {
  const uint16_t port = Port();
  const config::Listener listener = ListenerAt("a", port);
  ASSERT_TRUE(table.Acquire(listener).ok());
  Publish({});
  EXPECT_EQ(table.AddressesOf(listener).size(), 1u) << "its listener waits to become warm";
  table.Release("a");
  Publish({});
  EXPECT_TRUE(table.AddressesOf(listener).empty());

  ASSERT_TRUE(table.Acquire(listener).ok());
  ASSERT_TRUE(table.Acquire(ListenerAt("a", 0)).ok());
  Publish({});
  EXPECT_TRUE(table.AddressesOf(listener).empty()) << "a later version wants another";
}

TEST_F(SocketTableTest, AListenerThatMovesIsServedAtItsOldAddressUntilItHasMoved) {
  const uint16_t port = Port();
  ASSERT_TRUE(table.Acquire(ListenerAt("a", port)).ok());
  Publish({ListenerAt("a", port)});
  ASSERT_TRUE(table.Acquire(ListenerAt("a", 0)).ok());
  EXPECT_EQ(Publish({ListenerAt("a", port)}).at("a").size(), 1u);
  EXPECT_EQ(Publish({ListenerAt("a", 0)}).at("a").size(), 1u);
  EXPECT_TRUE(table.AddressesOf(ListenerAt("a", port)).empty());
}

TEST_F(SocketTableTest, EachListenerHasAPortOfItsOwnWhereAnyWillDo) {
  ASSERT_TRUE(table.Acquire(ListenerAt("a", 0)).ok());
  ASSERT_TRUE(table.Acquire(ListenerAt("b", 0)).ok());
  EXPECT_NE(table.AddressesOf(ListenerAt("a", 0)).at(0).port(),
            table.AddressesOf(ListenerAt("b", 0)).at(0).port());
}

TEST_F(SocketTableTest, WithoutWorkersNothingIsBoundAndConflictsAreFound) {
  SocketTable dry(0);
  // Not an address of this machine (RFC 5737).
  config::Listener listener = ListenerAt("a", 80);
  listener.addresses[0].address = "192.0.2.1";
  EXPECT_TRUE(dry.Acquire(listener).ok());
  listener.name = "b";
  EXPECT_FALSE(dry.Acquire(listener).ok());
}

TEST_F(SocketTableTest, AnAddressThatMayNotBeHadChangesNothing) {
  const uint16_t port = Port();
  ASSERT_TRUE(table.Acquire(ListenerAt("a", port)).ok());
  config::Listener other = ListenerAt("b", 0);
  other.addresses.push_back({"127.0.0.1", port});
  EXPECT_FALSE(table.Acquire(other).ok());
  EXPECT_EQ(table.AddressesOf(other).size(), 1u) << "that of \"a\" alone";
}

}  // namespace
}  // namespace sluice
