// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include "dataplane/listener/listener_fixture.h"

namespace sluice::listener {
namespace {

class ActiveListenerTest : public ListenerFixture {};

TEST_F(ActiveListenerTest, ServesAndCounts) {
  Apply({Chain("a")});
  RawClient& client = Client();
  ASSERT_TRUE(Served(client));
  EXPECT_EQ(Counter("downstream_connections_total"), 1u);
  EXPECT_EQ(Gauge("downstream_connections_active"), 1);
  EXPECT_EQ(listener_->connections(), 1u);
  EXPECT_EQ(handler_.downstream.listener, "l");
  EXPECT_EQ(handler_.downstream.local_port, port_);
  EXPECT_EQ(handler_.downstream.remote_ip, "127.0.0.1");
  client.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 0; }));
  EXPECT_EQ(Gauge("downstream_connections_active"), 0);
}

TEST_F(ActiveListenerTest, AChangeKeepsConnectionsAndTreatsTheirNextRequest) {
  Apply({Chain("a")});
  RawClient& client = Client();
  ASSERT_TRUE(Served(client));
  auto changed = Chain("a");
  Apply({Chain("new"), changed});
  ASSERT_TRUE(Served(client));
  EXPECT_EQ(last_chain_, "a");
  EXPECT_EQ(handlers_made_, 3);
  EXPECT_EQ(handler_.connection_ids[0], handler_.connection_ids[1]);
}

TEST_F(ActiveListenerTest, TheSameConfigurationKeepsItsHandler) {
  const config::FilterChain chain = Chain("a");
  Apply({chain});
  Apply({chain});
  EXPECT_EQ(handlers_made_, 1);
}

TEST_F(ActiveListenerTest, ChainsWithoutNamesAreMatchedByPlace) {
  Apply({Chain("")});
  RawClient& client = Client();
  ASSERT_TRUE(Served(client));
  Apply({Chain("")});
  ASSERT_TRUE(Served(client));
  EXPECT_FALSE(client.over());
}

TEST_F(ActiveListenerTest, ARemovedChainFinishesWhatItHasAndCloses) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& busy = Client();
  RawClient& idle = Client();
  busy.Send(kGet);
  idle.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 2; }));
  handler_.requests[1]->Answer(200);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests[1]->complete; }));
  http::FakeRequest& request = *handler_.requests[0];
  Apply({Chain("b")});
  ASSERT_TRUE(Over(idle));
  EXPECT_FALSE(busy.over());
  request.Answer(200, "late");
  ASSERT_TRUE(Over(busy));
  EXPECT_NE(busy.received().find("connection: close"), std::string::npos) << busy.received();
  EXPECT_TRUE(busy.received().ends_with("late"));
}

TEST_F(ActiveListenerTest, TheDefaultChainTakesWhatNoOtherDoes) {
  config::FilterChain never = Chain("never");
  never.match.source_prefixes = {{"192.0.2.0", 24}};
  Apply({never}, Chain("default"));
  ASSERT_TRUE(Served(Client()));
  EXPECT_EQ(last_chain_, "default");
}

TEST_F(ActiveListenerTest, WithoutAChainAConnectionIsClosed) {
  config::FilterChain never = Chain("never");
  never.match.source_prefixes = {{"192.0.2.0", 24}};
  Apply({never});
  ASSERT_TRUE(Over(Client()));
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(ActiveListenerTest, ConnectionsBeyondTheLimitAreClosed) {
  config::FilterChain chain = Chain("a");
  chain.max_connections = 2;
  Apply({chain});
  RawClient& first = Client();
  ASSERT_TRUE(Served(first));
  ASSERT_TRUE(Served(Client()));
  ASSERT_TRUE(Over(Client()));
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  first.Close();
  ASSERT_TRUE(RunUntil([&] { return listener_->connections() == 1; }));
  ASSERT_TRUE(Served(Client()));
}

TEST_F(ActiveListenerTest, TheLastDescriptorsAreNotForClients) {
  Apply({Chain("a")});
  ASSERT_TRUE(Served(Client()));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(0);
  close(next);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(next) + 20;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_TRUE(Over(Client()));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(Counter("downstream_connections_refused_total"), 1u);
  EXPECT_TRUE(Served(Client()));
}

TEST_F(ActiveListenerTest, DrainLetsRequestsFinishAndTakesNoOthers) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 1; }));
  listener_->Drain();
  RawClient& late = Client();
  late.Send(kGet);
  Settle();
  EXPECT_EQ(handler_.requests.size(), 1u);
  EXPECT_EQ(listener_->connections(), 1u);
  handler_.requests[0]->Answer(200, "ok");
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(client.received().ends_with("ok"));
}

TEST_F(ActiveListenerTest, CloseAllEndsEverything) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 1; }));
  listener_->CloseAll();
  ASSERT_TRUE(Over(client));
  EXPECT_TRUE(handler_.requests[0]->reset.has_value());
  EXPECT_EQ(listener_->connections(), 0u);
}

TEST_F(ActiveListenerTest, AConnectionOutlivesItsListener) {
  handler_.on_request = nullptr;
  Apply({Chain("a")});
  RawClient& client = Client();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.requests.size() == 1; }));
  listener_->CloseAll();
  listener_.reset();
  ASSERT_TRUE(Over(client));
}

}  // namespace
}  // namespace sluice::listener
