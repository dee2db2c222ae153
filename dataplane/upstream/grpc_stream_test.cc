// SPDX-License-Identifier: Apache-2.0
#include "dataplane/upstream/grpc_stream.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/arena.h"
#include "dataplane/upstream/fake_http2_upstream.h"
#include "dataplane/upstream/fixture.h"

namespace sluice::upstream {
namespace {

using http::GrpcCode;

struct RecordingUser final : GrpcStreamUser {
  void OnMessage(std::string_view message) override {
    messages.emplace_back(message);
    if (cancel_at_message != nullptr) cancel_at_message->Cancel();
  }
  void OnStatus(GrpcCode code, std::string_view text) override {
    status = code;
    message = std::string(text);
  }
  std::vector<std::string> messages;
  std::optional<GrpcCode> status;
  std::string message;
  GrpcStream* cancel_at_message = nullptr;
};

std::string Frame(std::string_view message, char flags = 0) {
  std::string frame(1, flags);
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<char>(message.size() >> shift));
  }
  return absl::StrCat(frame, message);
}

class GrpcStreamTest : public ClusterFixture {
 protected:
  GrpcStreamTest() {
    config::Cluster cluster = Named("control");
    cluster.upstream_http = config::Cluster::UpstreamHttp::kHttp2;
    Publish(cluster, {server_.port()});
  }

  static GrpcStream::Options Options() {
    GrpcStream::Options options;
    options.cluster = "control";
    options.method = "/test.Service/Talk";
    options.authority = "control.example";
    options.metadata = {{"authorization", "Bearer abc"}};
    return options;
  }

  // The stream is open at the server.
  [[nodiscard]] bool Open() {
    stream_.Start();
    return RunUntil([&] { return server_.requests() == 1; });
  }
  FakeHttp2Upstream::Request& request() { return server_.request(0); }
  [[nodiscard]] bool Over() {
    return RunUntil([&] { return user_.status.has_value(); });
  }

  FakeHttp2Upstream server_{loop_, {}};
  RecordingUser user_;
  GrpcStream stream_{loop_, clusters_, Options(), user_};
};

TEST_F(GrpcStreamTest, TheRequestIsOneThatGrpcServersTake) {
  ASSERT_TRUE(Open());
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().path, "/test.Service/Talk");
  EXPECT_EQ(request().authority, "control.example");
  EXPECT_EQ(request().scheme, "http");
  EXPECT_EQ(request().headers["content-type"], "application/grpc");
  EXPECT_EQ(request().headers["authorization"], "Bearer abc");
  EXPECT_FALSE(request().ended);
}

TEST_F(GrpcStreamTest, MessagesGoBothWays) {
  stream_.Send("before there is a connection");
  ASSERT_TRUE(Open());
  stream_.Send("after");
  const std::string sent = Frame("before there is a connection") + Frame("after");
  ASSERT_TRUE(RunUntil([&] { return request().body == sent; }));
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("one") + Frame("") + Frame("three"));
  ASSERT_TRUE(RunUntil([&] { return user_.messages.size() == 3; }));
  EXPECT_EQ(user_.messages, (std::vector<std::string>{"one", "", "three"}));
  stream_.CloseSend();
  ASSERT_TRUE(RunUntil([&] { return request().ended; }));
  request().SendTrailers({{"grpc-status", "0"}});
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kOk);
}

TEST_F(GrpcStreamTest, AMessageMayArriveByteByByte) {
  ASSERT_TRUE(Open());
  request().SendHead(200, "application/grpc");
  const std::string frames = Frame("hello") + Frame(std::string(300, 'x'));
  for (char c : frames) {
    request().SendBody({&c, 1});
    loop_.RunOnce();
    loop_.RunOnce();
  }
  ASSERT_TRUE(RunUntil([&] { return user_.messages.size() == 2; }));
  EXPECT_EQ(user_.messages[0], "hello");
  EXPECT_EQ(user_.messages[1], std::string(300, 'x'));
}

TEST_F(GrpcStreamTest, ALargeMessageArrivesWhole) {
  ASSERT_TRUE(Open());
  request().SendHead(200, "application/grpc");
  const std::string big(5'000'000, 'b');
  request().SendBody(Frame(big));
  ASSERT_TRUE(RunUntil([&] { return user_.messages.size() == 1; }));
  EXPECT_TRUE(user_.messages[0] == big);
}

TEST_F(GrpcStreamTest, ATrailersOnlyAnswerIsAStatus) {
  ASSERT_TRUE(Open());
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 200;
  head.headers.Add("content-type", "application/grpc");
  head.headers.Add("grpc-status", "7");
  head.headers.Add("grpc-message", "not%20for you%");
  request().stream->SendResponse(head, /*end_stream=*/true);
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kPermissionDenied);
  EXPECT_EQ(user_.message, "not for you%");
}

TEST_F(GrpcStreamTest, AnHttpErrorIsMapped) {
  ASSERT_TRUE(Open());
  request().Answer(503, "down");
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kUnavailable);
}

TEST_F(GrpcStreamTest, AnotherContentTypeIsNoGrpc) {
  ASSERT_TRUE(Open());
  request().SendHead(200, "text/html");
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kUnknown);
  EXPECT_NE(user_.message.find("text/html"), std::string::npos);
}

TEST_F(GrpcStreamTest, AnEndWithoutStatusIsAnError) {
  ASSERT_TRUE(Open());
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("one"), /*end=*/true);
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.messages.size(), 1u);
  EXPECT_EQ(user_.status, GrpcCode::kInternal);
}

TEST_F(GrpcStreamTest, ABrokenConnectionIsUnavailable) {
  ASSERT_TRUE(Open());
  request().SendHead(200, "application/grpc");
  Settle();
  server_.Close(0);
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kUnavailable);
}

TEST_F(GrpcStreamTest, AnUnknownClusterIsUnavailableButNotAtOnce) {
  GrpcStream::Options options = Options();
  options.cluster = "nowhere";
  GrpcStream stream(loop_, clusters_, options, user_);
  stream.Start();
  EXPECT_FALSE(user_.status.has_value());
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kUnavailable);
  EXPECT_NE(user_.message.find("nowhere"), std::string::npos);
}

TEST_F(GrpcStreamTest, AMessageOverTheLimitEndsTheStream) {
  GrpcStream::Options options = Options();
  options.max_message_bytes = 10;
  GrpcStream stream(loop_, clusters_, options, user_);
  stream.Start();
  ASSERT_TRUE(RunUntil([&] { return server_.requests() == 1; }));
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("0123456789") + Frame("0123456789a"));
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.messages.size(), 1u);
  EXPECT_EQ(user_.status, GrpcCode::kResourceExhausted);
  EXPECT_TRUE(RunUntil([&] { return request().reset; }));
}

TEST_F(GrpcStreamTest, ACompressedMessageIsRefused) {
  ASSERT_TRUE(Open());
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("x", /*flags=*/1));
  ASSERT_TRUE(Over());
  EXPECT_EQ(user_.status, GrpcCode::kInternal);
}

TEST_F(GrpcStreamTest, CancelFromInsideAMessageIsTheEnd) {
  ASSERT_TRUE(Open());
  user_.cancel_at_message = &stream_;
  request().SendHead(200, "application/grpc");
  request().SendBody(Frame("one") + Frame("two"));
  ASSERT_TRUE(RunUntil([&] { return request().reset; }));
  EXPECT_EQ(user_.messages.size(), 1u);
  EXPECT_FALSE(user_.status.has_value());
}

}  // namespace
}  // namespace sluice::upstream
