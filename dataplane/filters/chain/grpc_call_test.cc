// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/chain/grpc_call.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "dataplane/filters/chain/side_call_fake.h"
#include "gtest/gtest.h"

namespace sluice::filters {
namespace {

using http::GrpcCode;
using Fields = FakeSideCall::Fields;

std::string Frame(std::string_view message, char flags = 0) {
  std::string frame(1, flags);
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame.push_back(static_cast<char>(message.size() >> shift));
  }
  return frame.append(message);
}

class GrpcCallTest : public testing::Test, private GrpcCallObserver {
 protected:
  static GrpcCallRequest Ask(std::string_view message = "ask") {
    GrpcCallRequest request;
    request.cluster = "authz";
    request.method = "/a.B/C";
    request.authority = "authz.example";
    request.message = message;
    return request;
  }
  // What the call comes to when the peer sends this.
  GrpcReply& Answered(uint16_t status, const Fields& headers, std::string_view body,
                      const Fields& trailers) {
    call_.Start(calls_, Ask());
    calls_.Answer(calls_.size() - 1, status, headers, body, trailers);
    return *reply_;
  }
  GrpcReply& Failed(SideCallFailure failure) {
    call_.Start(calls_, Ask());
    calls_.Fail(calls_.size() - 1, failure, "why");
    return *reply_;
  }
  static Fields Type(std::string type = "application/grpc") { return {{"content-type", type}}; }
  static Fields Status(std::string status) { return {{"grpc-status", status}}; }

  void OnGrpcCallOver(GrpcReply& reply) override {
    EXPECT_FALSE(call_.active());
    ++over_;
    reply_ = std::move(reply);
    if (then_) std::exchange(then_, nullptr)();
  }

  FakeSideCalls calls_;
  std::function<void()> then_;
  int over_ = 0;
  std::optional<GrpcReply> reply_;
  GrpcCall call_{*this};
};

TEST_F(GrpcCallTest, TheRequestIsOneThatGrpcServersTake) {
  GrpcCallRequest request = Ask("hello");
  request.metadata.Add("x-key", "v");
  request.timeout_ms = 250;
  request.max_message_bytes = 100;
  call_.Start(calls_, std::move(request));
  EXPECT_TRUE(call_.active());
  const FakeSideCall& sent = calls_.call(0);
  EXPECT_EQ(sent.cluster, "authz");
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.path, "/a.B/C");
  EXPECT_EQ(sent.authority, "authz.example");
  EXPECT_EQ(sent.Header("content-type"), "application/grpc");
  EXPECT_EQ(sent.Header("grpc-timeout"), "250m");
  EXPECT_EQ(sent.Header("x-key"), "v");
  EXPECT_EQ(sent.body, Frame("hello"));
  EXPECT_EQ(sent.timeout_ms, 250);
  EXPECT_EQ(sent.max_body_bytes, 105u);
  EXPECT_TRUE(sent.trailers);
  EXPECT_FALSE(sent.idempotent);
}

TEST_F(GrpcCallTest, AMessageAndStatusZeroAreOk) {
  GrpcReply& reply = Answered(200, Type(), Frame("yes"), Status("0"));
  EXPECT_EQ(reply.code, GrpcCode::kOk);
  EXPECT_EQ(reply.message.view(), "yes");
  EXPECT_EQ(over_, 1);
}

TEST_F(GrpcCallTest, AnEmptyMessageIsAMessage) {
  GrpcReply& reply = Answered(200, Type("application/grpc+proto"), Frame(""), Status("0"));
  EXPECT_EQ(reply.code, GrpcCode::kOk);
  EXPECT_TRUE(reply.message.empty());
}

TEST_F(GrpcCallTest, TheMessageOutlivesTheCall) {
  Answered(200, Type(), Frame("kept"), Status("0"));
  GrpcReply kept = *std::move(reply_);
  reply_.reset();
  Answered(200, Type(), Frame("next"), Status("0"));
  EXPECT_EQ(kept.message.view(), "kept");
}

TEST_F(GrpcCallTest, AStatusInTrailersIsThePeers) {
  GrpcReply& reply = Answered(200, Type(), Frame("dropped"),
                              {{"grpc-status", "7"}, {"grpc-message", "not%20you"}});
  EXPECT_EQ(reply.code, GrpcCode::kPermissionDenied);
  EXPECT_EQ(reply.text, "not you");
  EXPECT_TRUE(reply.message.empty());
  EXPECT_EQ(reply.failure, SideCallFailure::kNone);
}

TEST_F(GrpcCallTest, ATrailersOnlyAnswerHasItsStatusInTheHead) {
  GrpcReply& reply = Answered(200, {{"grpc-status", "12"}, {"grpc-message", "no such"}}, "", {});
  EXPECT_EQ(reply.code, GrpcCode::kUnimplemented);
  EXPECT_EQ(reply.text, "no such");
}

// An answer that says OK and nothing else must not pass for a permission.
TEST_F(GrpcCallTest, OkWithoutAMessageIsNotOk) {
  EXPECT_EQ(Answered(200, Status("0"), "", {}).code, GrpcCode::kInternal);
  EXPECT_EQ(Answered(200, Type(), "", Status("0")).code, GrpcCode::kInternal);
}

TEST_F(GrpcCallTest, TheHeadsStatusDoesNotCountBesideABody) {
  Fields head = Type();
  head.emplace_back("grpc-status", "0");
  EXPECT_EQ(Answered(200, head, Frame("x"), {}).code, GrpcCode::kUnknown);
  EXPECT_EQ(Answered(200, head, Frame("x"), Status("16")).code, GrpcCode::kUnauthenticated);
}

TEST_F(GrpcCallTest, AMissingStatusIsNotOk) {
  GrpcReply& reply = Answered(200, Type(), Frame("x"), {});
  EXPECT_EQ(reply.code, GrpcCode::kUnknown);
  EXPECT_EQ(reply.text, "HTTP status 200 without grpc-status");
  EXPECT_EQ(Answered(200, Type(), Frame("x"), {{"other", "1"}}).code, GrpcCode::kUnknown);
}

TEST_F(GrpcCallTest, AStatusThatIsNoNumberIsUnknown) {
  EXPECT_EQ(Answered(200, Type(), Frame("x"), Status("ok")).code, GrpcCode::kUnknown);
  EXPECT_EQ(Answered(200, Type(), Frame("x"), Status("")).code, GrpcCode::kUnknown);
}

TEST_F(GrpcCallTest, TwoStatusesAreNone) {
  EXPECT_EQ(Answered(200, Type(), Frame("x"), {{"grpc-status", "0"}, {"grpc-status", "7"}}).code,
            GrpcCode::kInternal);
}

TEST_F(GrpcCallTest, TwoMessagesAreNone) {
  GrpcReply& reply = Answered(200, Type(), Frame("a") + Frame("b"), Status("0"));
  EXPECT_EQ(reply.code, GrpcCode::kInternal);
  EXPECT_EQ(reply.text, "the reply has more than one message");
  EXPECT_TRUE(reply.message.empty());
}

TEST_F(GrpcCallTest, BytesBehindTheMessageAreRefused) {
  EXPECT_EQ(Answered(200, Type(), Frame("a") + "x", Status("0")).code, GrpcCode::kInternal);
}

TEST_F(GrpcCallTest, AMessageThatIsCutShortIsNone) {
  const std::string frame = Frame("message");
  for (size_t n = 1; n < frame.size(); ++n) {
    EXPECT_EQ(Answered(200, Type(), frame.substr(0, n), Status("0")).code, GrpcCode::kInternal);
  }
}

TEST_F(GrpcCallTest, ACompressedMessageIsRefused) {
  EXPECT_EQ(Answered(200, Type(), Frame("a", 1), Status("0")).code, GrpcCode::kInternal);
}

TEST_F(GrpcCallTest, AMessageOverTheLimitIsRefused) {
  GrpcCallRequest request = Ask();
  request.max_message_bytes = 3;
  call_.Start(calls_, std::move(request));
  calls_.Answer(0, 200, Type(), Frame("abcd"), Status("0"));
  EXPECT_EQ(reply_->code, GrpcCode::kResourceExhausted);
  // Announced, but not sent.
  request = Ask();
  request.max_message_bytes = 3;
  call_.Start(calls_, std::move(request));
  calls_.Answer(1, 200, Type(), Frame("abcd").substr(0, 6), Status("0"));
  EXPECT_EQ(reply_->code, GrpcCode::kResourceExhausted);
  EXPECT_EQ(reply_->text, "a message of 4 bytes is over the limit of 3");
}

TEST_F(GrpcCallTest, AnAnswerThatIsNoGrpcIsJudgedByItsStatus) {
  EXPECT_EQ(Answered(503, {}, "", {}).code, GrpcCode::kUnavailable);
  EXPECT_EQ(Answered(403, Type("text/html"), "no", {}).code, GrpcCode::kPermissionDenied);
  EXPECT_EQ(Answered(200, Type("text/html"), "yes", Status("0")).code, GrpcCode::kUnknown);
  EXPECT_EQ(Answered(200, {}, Frame("yes"), Status("0")).code, GrpcCode::kUnknown);
  EXPECT_EQ(Answered(200, Type("application/grpc-web"), Frame("yes"), Status("0")).code,
            GrpcCode::kUnknown);
}

TEST_F(GrpcCallTest, AFailureHasACodeAndTellsWhy) {
  EXPECT_EQ(Failed(SideCallFailure::kTimeout).code, GrpcCode::kDeadlineExceeded);
  EXPECT_EQ(Failed(SideCallFailure::kTooLarge).code, GrpcCode::kResourceExhausted);
  EXPECT_EQ(Failed(SideCallFailure::kMalformed).code, GrpcCode::kInternal);
  EXPECT_EQ(Failed(SideCallFailure::kNoCluster).code, GrpcCode::kUnavailable);
  GrpcReply& reply = Failed(SideCallFailure::kConnectFailure);
  EXPECT_EQ(reply.code, GrpcCode::kUnavailable);
  EXPECT_EQ(reply.failure, SideCallFailure::kConnectFailure);
  EXPECT_EQ(reply.text, "side-call-connect-failure: why");
}

TEST_F(GrpcCallTest, CancelIsSilent) {
  call_.Start(calls_, Ask());
  call_.Cancel();
  EXPECT_TRUE(calls_.call(0).cancelled);
  EXPECT_EQ(over_, 0);
}

TEST_F(GrpcCallTest, AStartCancelsTheOneBefore) {
  call_.Start(calls_, Ask());
  call_.Start(calls_, Ask());
  EXPECT_TRUE(calls_.call(0).cancelled);
  EXPECT_FALSE(calls_.call(1).cancelled);
}

TEST_F(GrpcCallTest, AnotherMayBeStartedWhenOneIsOver) {
  then_ = [this] { call_.Start(calls_, Ask("second")); };
  Answered(200, Type(), Frame("1"), Status("0"));
  ASSERT_EQ(calls_.waiting(), 1u);
  calls_.Answer(1, 200, Type(), Frame("2"), Status("0"));
  EXPECT_EQ(over_, 2);
  EXPECT_EQ(reply_->message.view(), "2");
}

}  // namespace
}  // namespace sluice::filters
