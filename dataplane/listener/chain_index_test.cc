// SPDX-License-Identifier: Apache-2.0
#include "dataplane/listener/chain_index.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::listener {
namespace {

using Match = config::FilterChainMatch;

// Chains are told apart by their place.
class ChainIndexTest : public ::testing::Test {
 protected:
  void Add(Match match) { listener_.filter_chains.push_back({.match = std::move(match)}); }

  struct Asked {
    uint16_t port = 443;
    std::string_view name = "";
    bool tls = true;
    std::vector<std::string_view> alpn = {};
    std::string_view source = "192.0.2.1";
  };
  int Find(const Asked& asked) {
    const event::Address source = *event::Address::FromIp(asked.source, 1);
    const ChainIndex index(listener_);
    return index.Find({.destination_port = asked.port,
                       .server_name = asked.name,
                       .tls = asked.tls,
                       .alpn = asked.alpn,
                       .source = &source});
  }

  config::Listener listener_;
};

TEST_F(ChainIndexTest, WithoutChainsThereIsNone) {
  EXPECT_EQ(Find({}), ChainIndex::kNone);
  listener_.default_filter_chain.emplace();
  EXPECT_EQ(Find({}), ChainIndex::kDefault);
}

TEST_F(ChainIndexTest, AChainWithoutConditionsTakesAll) {
  Add({});
  EXPECT_EQ(Find({.name = "a.example", .alpn = {"h2"}}), 0);
  EXPECT_EQ(Find({.tls = false}), 0);
}

TEST_F(ChainIndexTest, TheExactNameBeatsTheLongerSuffixBeatsTheShorter) {
  Add({.server_names = {"*.example"}});
  Add({.server_names = {"*.b.example"}});
  Add({.server_names = {"a.b.example"}});
  Add({});
  EXPECT_EQ(Find({.name = "a.b.example"}), 2);
  EXPECT_EQ(Find({.name = "x.b.example"}), 1);
  EXPECT_EQ(Find({.name = "x.example"}), 0);
  EXPECT_EQ(Find({.name = "other"}), 3);
  EXPECT_EQ(Find({}), 3);
}

TEST_F(ChainIndexTest, ThePortComesBeforeTheName) {
  Add({.server_names = {"a.example"}});
  Add({.destination_port = 8443});
  EXPECT_EQ(Find({.port = 8443, .name = "a.example"}), 1);
  EXPECT_EQ(Find({.port = 443, .name = "a.example"}), 0);
}

// Envoy does not come back to chains without a port once one with it was found.
TEST_F(ChainIndexTest, ThereIsNoWayBackFromANamedPort) {
  Add({.destination_port = 8443, .server_names = {"a.example"}});
  Add({});
  EXPECT_EQ(Find({.port = 8443, .name = "b.example"}), ChainIndex::kNone);
  listener_.default_filter_chain.emplace();
  EXPECT_EQ(Find({.port = 8443, .name = "b.example"}), ChainIndex::kDefault);
}

TEST_F(ChainIndexTest, ThereIsNoWayBackFromABetterName) {
  Add({.server_names = {"a.example"}, .application_protocols = {"h2"}});
  Add({.server_names = {"*.example"}});
  EXPECT_EQ(Find({.name = "a.example", .alpn = {"http/1.1"}}), ChainIndex::kNone);
}

TEST_F(ChainIndexTest, ANamedTransportBeatsNone) {
  Add({});
  Add({.transport_protocol = "tls"});
  EXPECT_EQ(Find({.tls = true}), 1);
  EXPECT_EQ(Find({.tls = false}), 0);
}

TEST_F(ChainIndexTest, ANamedProtocolBeatsNone) {
  Add({});
  Add({.application_protocols = {"h2"}});
  EXPECT_EQ(Find({.alpn = {"http/1.1", "h2"}}), 1);
  EXPECT_EQ(Find({.alpn = {"http/1.1"}}), 0);
  EXPECT_EQ(Find({}), 0);
}

TEST_F(ChainIndexTest, TheClientsFirstProtocolDecides) {
  Add({.application_protocols = {"http/1.1"}});
  Add({.application_protocols = {"h2"}});
  EXPECT_EQ(Find({.alpn = {"h2", "http/1.1"}}), 1);
  EXPECT_EQ(Find({.alpn = {"http/1.1", "h2"}}), 0);
}

TEST_F(ChainIndexTest, TheTransportComesBeforeTheProtocol) {
  Add({.transport_protocol = "tls"});
  Add({.application_protocols = {"h2"}});
  EXPECT_EQ(Find({.alpn = {"h2"}}), 0);
}

TEST_F(ChainIndexTest, TheLongestSourcePrefixWins) {
  Add({});
  Add({.source_prefixes = {{"192.0.0.0", 8}}});
  Add({.source_prefixes = {{"10.0.0.0", 8}, {"192.0.2.0", 25}}});
  Add({.source_prefixes = {{"2001:db8::", 33}}});
  EXPECT_EQ(Find({.source = "192.0.2.127"}), 2);
  EXPECT_EQ(Find({.source = "192.0.2.128"}), 1);
  EXPECT_EQ(Find({.source = "203.0.113.1"}), 0);
  EXPECT_EQ(Find({.source = "2001:db8:7fff::1"}), 3);
  EXPECT_EQ(Find({.source = "2001:db8:8000::1"}), 0);
}

TEST_F(ChainIndexTest, APrefixOfAllBeatsNone) {
  Add({});
  Add({.source_prefixes = {{"0.0.0.0", 0}}});
  EXPECT_EQ(Find({.source = "203.0.113.1"}), 1);
  EXPECT_EQ(Find({.source = "::1"}), 0);
}

TEST_F(ChainIndexTest, APrefixThatDoesNotParseMatchesNobody) {
  Add({.source_prefixes = {{"not-an-address", 8}}});
  EXPECT_EQ(Find({}), ChainIndex::kNone);
  listener_.filter_chains.clear();
  Add({.source_prefixes = {{"192.0.2.0", 99}}});
  EXPECT_EQ(Find({}), ChainIndex::kNone);
}

}  // namespace
}  // namespace sluice::listener
