// SPDX-License-Identifier: Apache-2.0
//
// Requests of the proxy's own over HTTP/2 and TLS, and unary gRPC on top.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/arena.h"
#include "dataplane/exchange/cluster_side_calls.h"
#include "dataplane/exchange/intake.h"
#include "dataplane/exchange/side_call_recorder.h"
#include "dataplane/filters/chain/grpc_call.h"
#include "dataplane/http/message.h"
#include "dataplane/upstream/fake_http2_upstream.h"
#include "dataplane/upstream/fake_upstream.h"
#include "dataplane/upstream/tls_fixture.h"

namespace sluice::exchange {
namespace {

using filters::SideCallFailure;
using filters::SideCallRequest;
using http::GrpcCode;
using upstream::FakeHttp2Upstream;
using upstream::FakeUpstream;

class SideCallOverHttp2Test : public upstream::TlsClusterFixture {
 protected:
  SideCallOverHttp2Test() {
    config::Cluster cluster = Named("c");
    cluster.upstream_http = config::Cluster::UpstreamHttp::kHttp2;
    Publish(cluster, {server_.port()});
  }
  ~SideCallOverHttp2Test() override {
    one_.handle.reset();
    two_.handle.reset();
    Settle();
    EXPECT_EQ(GaugeOf("upstream_requests_active", "c"), 0);
  }

  static SideCallRequest Get(std::string_view cluster = "c") {
    SideCallRequest request;
    request.cluster = cluster;
    request.authority = "authz.example";
    request.path = "/check";
    return request;
  }
  // The call is at the server, whose `i`-th request it is.
  [[nodiscard]] bool Arrives(SideCallRequest request = Get(), size_t i = 0) {
    one_.Start(calls_, std::move(request));
    return RunUntil([&] { return server_.requests() > i && server_.request(i).ended; });
  }
  [[nodiscard]] bool Over(SideCallRecorder& call) {
    return RunUntil([&] { return call.over > 0; });
  }

  FakeHttp2Upstream server_{loop_, {}};
  Random random_{7};
  ClusterSideCalls calls_{loop_, clusters_, random_};
  SideCallRecorder one_, two_;
};

TEST_F(SideCallOverHttp2Test, AnAnswerIsToldWithItsTrailers) {
  SideCallRequest request = Get();
  request.method = "POST";
  request.headers.Add("x-a", "1");
  request.body.AppendCopy("ask");
  request.trailers = true;
  ASSERT_TRUE(Arrives(std::move(request)));
  FakeHttp2Upstream::Request& seen = server_.request(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.scheme, "http");
  EXPECT_EQ(seen.authority, "authz.example");
  EXPECT_EQ(seen.path, "/check");
  EXPECT_EQ(seen.headers["x-a"], "1");
  EXPECT_EQ(seen.body, "ask");
  EXPECT_TRUE(seen.accepts_trailers);
  seen.SendHead(200, "text/plain");
  seen.SendBody("answer");
  seen.SendTrailers({{"t", "1"}});
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kNone);
  EXPECT_EQ(one_.body, "answer");
  EXPECT_EQ(one_.trailers.find("t")->second, "1");
}

TEST_F(SideCallOverHttp2Test, CallsShareAConnection) {
  two_.Start(calls_, Get());
  ASSERT_TRUE(Arrives(Get(), 1));
  EXPECT_EQ(server_.accepted(), 1u);
  server_.request(0).Answer(401);
  server_.request(1).Answer(200);
  ASSERT_TRUE(Over(one_) && Over(two_));
  EXPECT_EQ(two_.status, 401);
  EXPECT_EQ(one_.status, 200);
}

TEST_F(SideCallOverHttp2Test, ARefusedStreamIsTriedAgainOnce) {
  ASSERT_TRUE(Arrives());
  server_.request(0).Refuse();
  ASSERT_TRUE(RunUntil([&] { return server_.requests() == 2; }));
  server_.request(1).Refuse();
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kReset);
  Settle();
  EXPECT_EQ(server_.requests(), 2u);
}

TEST_F(SideCallOverHttp2Test, AConnectionThatGoesMidBodyIsAReset) {
  ASSERT_TRUE(Arrives());
  server_.request(0).SendHead(200, "text/plain");
  server_.request(0).SendBody("abc");
  Settle();
  server_.Close(0);
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kReset);
}

// DOS-06. Only the stream is given up: the connection is others' too.
TEST_F(SideCallOverHttp2Test, AnEndlessBodyCostsItsStream) {
  SideCallRequest request = Get();
  request.max_body_bytes = 1000;
  ASSERT_TRUE(Arrives(std::move(request)));
  server_.request(0).SendHead(200, "text/plain");
  for (int i = 0; i < 11; ++i) {
    if (!server_.request(0).reset) server_.request(0).SendBody(std::string(100, 'x'));
    loop_.RunOnce();
  }
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kTooLarge);
  ASSERT_TRUE(RunUntil([&] { return server_.request(0).reset; }));
  EXPECT_FALSE(server_.closed(0));
}

TEST_F(SideCallOverHttp2Test, ASlowPeerIsGivenUp) {
  ASSERT_TRUE(Arrives());
  AdvanceMs(1100);
  ASSERT_EQ(one_.over, 1);
  EXPECT_EQ(one_.failure, SideCallFailure::kTimeout);
  ASSERT_TRUE(RunUntil([&] { return server_.request(0).reset; }));
}

TEST_F(SideCallOverHttp2Test, TheEndOfTheHandleResetsTheStream) {
  ASSERT_TRUE(Arrives());
  one_.handle.reset();
  ASSERT_TRUE(RunUntil([&] { return server_.request(0).reset; }));
  EXPECT_EQ(one_.over, 0);
  EXPECT_FALSE(server_.closed(0));
}

// ---- TLS ----------------------------------------------------------------------------------------

TEST_F(SideCallOverHttp2Test, TlsAndAlpnAreTheClusters) {
  FakeHttp2Upstream server(loop_, {.tls = true}, Server({"h2", "http/1.1"}));
  config::Cluster cluster = Tls("backend.example", "backend.example");
  tls_->common.alpn = {"h2", "http/1.1"};
  cluster.upstream_http = config::Cluster::UpstreamHttp::kAuto;
  PublishTls(cluster, server.port());
  one_.Start(calls_, Get("a"));
  ASSERT_TRUE(RunUntil([&] { return server.requests() == 1; }));
  EXPECT_EQ(server.request(0).scheme, "https");
  server.request(0).Answer(200, "ok");
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.body, "ok");
}

TEST_F(SideCallOverHttp2Test, APeerThatIsNotTrustedHearsNothing) {
  FakeUpstream server(loop_, Server({}));
  PublishTls(Tls("backend.example", "other.example"), server.port());
  SideCallRequest request = Get("a");
  request.retries = 0;
  one_.Start(calls_, std::move(request));
  ASSERT_TRUE(Over(one_));
  EXPECT_EQ(one_.failure, SideCallFailure::kConnectFailure);
  EXPECT_EQ(one_.detail, "upstream-tls-failure");
  EXPECT_NE(one_.transport_failure, "");
  EXPECT_EQ(server.peer(0).received(), "");
}

// ---- gRPC ---------------------------------------------------------------------------------------

std::string Frame(std::string_view message) {
  std::string frame(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<char>(message.size() >> shift));
  }
  return absl::StrCat(frame, message);
}

class UnaryGrpcTest : public SideCallOverHttp2Test, private filters::GrpcCallObserver {
 protected:
  // The call is at the server.
  [[nodiscard]] bool Asked(size_t max_message_bytes = 1000) {
    filters::GrpcCallRequest request;
    request.cluster = "c";
    request.method = "/a.B/C";
    request.authority = "authz.example";
    request.message = "ask";
    request.max_message_bytes = max_message_bytes;
    call_.Start(calls_, std::move(request));
    return RunUntil([&] { return server_.requests() == 1 && server_.request(0).ended; });
  }
  FakeHttp2Upstream::Request& request() { return server_.request(0); }
  [[nodiscard]] bool Over() {
    return RunUntil([&] { return reply_.has_value(); });
  }
  void OnGrpcCallOver(filters::GrpcReply& reply) override { reply_ = std::move(reply); }

  std::optional<filters::GrpcReply> reply_;
  filters::GrpcCall call_{*this};
};

TEST_F(UnaryGrpcTest, AskedAndAnswered) {
  ASSERT_TRUE(Asked());
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().path, "/a.B/C");
  EXPECT_EQ(request().headers["content-type"], "application/grpc");
  EXPECT_EQ(request().headers["grpc-timeout"], "200m");
  EXPECT_TRUE(request().accepts_trailers);
  EXPECT_EQ(request().body, Frame("ask"));
  request().SendHead(200, "application/grpc");
  for (const char c : Frame("yes")) {
    request().SendBody({&c, 1});
    loop_.RunOnce();
  }
  request().SendTrailers({{"grpc-status", "0"}});
  ASSERT_TRUE(Over());
  EXPECT_EQ(reply_->code, GrpcCode::kOk);
  EXPECT_EQ(reply_->message.view(), "yes");
}

TEST_F(UnaryGrpcTest, TrailersOnly) {
  ASSERT_TRUE(Asked());
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 200;
  head.headers.Add("content-type", "application/grpc");
  head.headers.Add("grpc-status", "16");
  head.headers.Add("grpc-message", "who%3F");
  request().stream->SendResponse(head, /*end_stream=*/true);
  ASSERT_TRUE(Over());
  EXPECT_EQ(reply_->code, GrpcCode::kUnauthenticated);
  EXPECT_EQ(reply_->text, "who?");
}

TEST_F(UnaryGrpcTest, AnEndWithoutAStatusIsNotOk) {
  ASSERT_TRUE(Asked());
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("yes"), /*end=*/true);
  ASSERT_TRUE(Over());
  EXPECT_EQ(reply_->code, GrpcCode::kUnknown);
}

TEST_F(UnaryGrpcTest, TwoMessagesAreRefused) {
  ASSERT_TRUE(Asked());
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("yes") + Frame("yes"));
  request().SendTrailers({{"grpc-status", "0"}});
  ASSERT_TRUE(Over());
  EXPECT_EQ(reply_->code, GrpcCode::kInternal);
}

TEST_F(UnaryGrpcTest, AnOversizedMessageIsGivenUpWhileItArrives) {
  ASSERT_TRUE(Asked(/*max_message_bytes=*/10));
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("twenty bytes and more").substr(0, 20));
  ASSERT_TRUE(Over());
  EXPECT_EQ(reply_->code, GrpcCode::kResourceExhausted);
  ASSERT_TRUE(RunUntil([&] { return request().reset; }));
}

TEST_F(UnaryGrpcTest, ItsDeadlineIsKept) {
  ASSERT_TRUE(Asked());
  AdvanceMs(250);
  ASSERT_TRUE(reply_.has_value());
  EXPECT_EQ(reply_->code, GrpcCode::kDeadlineExceeded);
}

TEST_F(UnaryGrpcTest, CancelResetsTheStream) {
  ASSERT_TRUE(Asked());
  call_.Cancel();
  ASSERT_TRUE(RunUntil([&] { return request().reset; }));
  EXPECT_FALSE(reply_.has_value());
}

}  // namespace
}  // namespace sluice::exchange
