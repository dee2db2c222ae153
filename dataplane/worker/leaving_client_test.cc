// SPDX-License-Identifier: Apache-2.0
//
// H2-22 on real connections: a client leaves while a filter waits for another cluster's answer. The
// question is cancelled, no filter behind runs, nothing goes upstream. Listener, codecs, exchange
// and clusters are those of a worker; only the filters are the test's, so that it links no registry
// of real ones.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "dataplane/exchange/cluster_side_calls.h"
#include "dataplane/exchange/http_runtime.h"
#include "dataplane/exchange/scripted_filter.h"
#include "dataplane/filters/chain/filter_worker_fake.h"
#include "dataplane/filters/chain/side_call.h"
#include "dataplane/listener/active_listener.h"
#include "dataplane/listener/raw_client.h"
#include "dataplane/router/router.h"
#include "dataplane/upstream/fake_exchange.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::worker {
namespace {

using exchange::FilterScript;
using exchange::ScriptedFilter;
using filters::Verdict;

class LeavingClientTest : public upstream::ClusterFixture, private filters::SideCallObserver {
 protected:
  LeavingClientTest() {
    Publish(Named("authz"), {authz_.port()});
    Publish(Named("backend"), {backend_.port()});
    AddFilter("asking", "test.authorize").on = [this](ScriptedFilter& filter,
                                                      std::string_view event) {
      if (event != "request") return Verdict::kContinue;
      filters::SideCallRequest request;
      request.cluster = "authz";
      request.timeout_ms = 60'000;
      host_ = &filter.host();
      handle_ = host_->side_calls().Start(std::move(request), *this);
      return Verdict::kPause;
    };
    AddFilter("behind", "test.shape").on = [this](ScriptedFilter&, std::string_view) {
      ++behind_;
      return Verdict::kContinue;
    };
    Listen();
    config::Cluster front = Named("front");
    front.upstream_http = config::Cluster::UpstreamHttp::kHttp2;
    Publish(front, {port_});
  }
  ~LeavingClientTest() override {
    handle_.reset();
    Settle();
    listener_->CloseAll();
    Settle();
    listener_.reset();
    EXPECT_EQ(GaugeOf("upstream_requests_active", "authz"), 0);
  }

  FilterScript& AddFilter(std::string name, std::string type) {
    auto script = std::make_shared<FilterScript>();
    script->alive = &alive_;
    FilterScript& made = *script;
    filters_.push_back(
        {.name = std::move(name), .type = std::move(type), .config = std::move(script)});
    return made;
  }

  void Listen() {
    auto http = std::make_shared<config::HttpConnection>();
    config::Route route;
    route.match.path = {config::PathMatch::Kind::kPrefix, "/"};
    route.action = config::Forward{.clusters = {{.cluster = "backend", .weight = 1}}};
    config::VirtualHost host{.name = "v", .domains = {"*"}, .routes = {route}};
    auto router = router::Router::Build({.name = "t", .virtual_hosts = {host}});
    CHECK_OK(router.status());
    http->router = *router;
    http->filters = filters_;
    config::Listener config;
    config.name = "l";
    config.filter_chains = {{.name = "c", .http = http}};
    auto sockets = std::make_shared<listener::ListenSockets>();
    auto fd = event::ListenSocket(*event::Address::FromIp("127.0.0.1", 0));
    CHECK_OK(fd.status());
    sockets->address = *event::LocalAddress(fd->get());
    port_ = sockets->address.port();
    sockets->fds.push_back(*std::move(fd));
    listener_ = std::make_unique<listener::ActiveListener>(
        loop_, /*worker=*/0, /*workers=*/1, stats_, "l",
        [this](const config::Listener&, const config::FilterChain& chain) {
          return std::make_unique<Handler>(
              exchange::HttpRuntime::New(services_, chain.http, {}, metrics_));
        });
    listener_->Apply(std::make_shared<const config::Listener>(std::move(config)), {sockets});
  }

  class Handler final : public listener::ChainHandler {
   public:
    explicit Handler(exchange::HttpRuntime* runtime) : runtime_(runtime) {}
    ~Handler() override { runtime_->Unref(); }
    http::RequestHandler& handler() override { return *runtime_; }

   private:
    exchange::HttpRuntime* const runtime_;
  };

  void OnSideCallOver(filters::SideCallOutcome&) override {
    ++told_;
    host_->Continue();
  }
  [[nodiscard]] bool Asked() {
    return RunUntil(
        [&] { return authz_.accepted() > 0 && authz_.peer(0).received().ends_with("\r\n\r\n"); });
  }
  // The question is withdrawn, and nothing came of the request.
  void ExpectNothingCameOfIt() {
    EXPECT_TRUE(RunUntil([&] { return authz_.peer(0).eof() && alive_.empty(); }));
    Settle();
    EXPECT_EQ(told_, 0);
    EXPECT_EQ(behind_, 0);
    EXPECT_EQ(backend_.accepted(), 0u);
  }

  upstream::FakeUpstream authz_{loop_};
  upstream::FakeUpstream backend_{loop_};
  exchange::Random random_{3};
  exchange::ClusterSideCalls side_calls_{loop_, clusters_, random_};
  filters::FakeFilterWorker filter_worker_;
  const exchange::Services services_{loop_, clusters_, random_, side_calls_, filter_worker_};
  exchange::ListenerMetrics metrics_{stats_, "l"};
  std::vector<config::HttpFilter> filters_;
  std::vector<ScriptedFilter*> alive_;
  std::unique_ptr<listener::ActiveListener> listener_;
  uint16_t port_ = 0;
  filters::FilterHost* host_ = nullptr;
  filters::SideCallHandle handle_;
  int told_ = 0;
  int behind_ = 0;
};

TEST_F(LeavingClientTest, ClosesItsHttp1Connection) {
  auto client = std::make_unique<listener::RawClient>(loop_, port_);
  client->Send("GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
  ASSERT_TRUE(Asked());
  client->Close();
  ExpectNothingCameOfIt();
}

TEST_F(LeavingClientTest, ClosesItsHttp1ConnectionInTheMidstOfItsBody) {
  auto client = std::make_unique<listener::RawClient>(loop_, port_);
  client->Send("POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 100\r\n\r\npart");
  ASSERT_TRUE(Asked());
  client->Close();
  ExpectNothingCameOfIt();
}

TEST_F(LeavingClientTest, ResetsItsHttp2Stream) {
  upstream::FakeExchange client;
  clusters_.Find("front")->Start(client.attempt, {});
  ASSERT_TRUE(Asked());
  client.attempt.Cancel();
  ExpectNothingCameOfIt();
  // The connection serves on.
  upstream::FakeExchange next;
  clusters_.Find("front")->Start(next.attempt, {});
  ASSERT_TRUE(RunUntil(
      [&] { return authz_.accepted() > 1 && authz_.peer(1).received().ends_with("\r\n\r\n"); }));
  authz_.peer(1).Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(RunUntil([&] { return told_ == 1 && backend_.accepted() == 1; }));
  next.attempt.Cancel();
}

// Cancel and reset go out in the turn in which the answer comes in, or before: either way nobody is
// told twice, or of a request that is gone.
TEST_F(LeavingClientTest, ResetsItsHttp2StreamAsTheAnswerComes) {
  upstream::FakeExchange client;
  clusters_.Find("front")->Start(client.attempt, {});
  ASSERT_TRUE(Asked());
  authz_.peer(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  client.attempt.Cancel();
  ASSERT_TRUE(RunUntil([&] { return alive_.empty(); }));
  Settle();
  EXPECT_LE(told_, 1);
  EXPECT_EQ(told_, behind_);
}

}  // namespace
}  // namespace sluice::worker
