// SPDX-License-Identifier: Apache-2.0
// Aim:    what the server codec does when all is well.
// Method: raw frames in, frames out.
#include <string>
#include <vector>

#include "dataplane/http2/server_fixture.h"

namespace sluice::http2 {
namespace {

TEST_F(ServerTest, RequestBecomesAHeadAndTheAnswerIsFramed) {
  Deliver(server_, Get(1, {{"accept", "*/*"}, {"x-own", "v"}}));
  ASSERT_EQ(host_.sinks.size(), 1u);
  EXPECT_EQ(sink(0).head->version, http::Version::kHttp2);
  EXPECT_EQ(sink(0).method, "GET");
  EXPECT_EQ(sink(0).scheme, "http");
  EXPECT_EQ(sink(0).authority, "a.example");
  EXPECT_EQ(sink(0).headers, (FieldList{{"accept", "*/*"}, {"x-own", "v"}}));
  EXPECT_EQ(sink(0).framing.kind, http::Framing::Kind::kNone);
  EXPECT_TRUE(sink(0).ended);
  sink(0).Answer(200, "hello");
  EXPECT_GT(host_.output_ready, 0);
  const auto frames = Produced(server_);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(Decoded(frames[0]), (FieldList{{":status", "200"}, {"content-length", "5"}}));
  EXPECT_EQ(frames[1].payload, "hello");
  EXPECT_TRUE(frames[1].header.Has(kFlagEndStream));
  EXPECT_TRUE(sink(0).complete);
  EXPECT_EQ(server_.active_streams(), 0u);
}

TEST_F(ServerTest, CookieCrumbsAreJoinedInPlaceOfTheFirst) {
  Deliver(server_, Get(1, {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", "c=3"}}));
  EXPECT_EQ(sink(0).headers, (FieldList{{"cookie", "a=1; b=2; c=3"}, {"x", "y"}}));
}

TEST_F(ServerTest, FramingFieldsBecomeFacts) {
  Deliver(
      server_,
      Get(1, {{"content-length", "005"}, {"te", "Trailers"}, {"expect", "100-continue"}}, kOpen));
  EXPECT_TRUE(sink(0).headers.empty());
  EXPECT_EQ(sink(0).framing.kind, http::Framing::Kind::kLength);
  EXPECT_EQ(sink(0).framing.length, 5u);
  EXPECT_TRUE(sink(0).accepts_trailers);
  EXPECT_TRUE(sink(0).expects_continue);
  Deliver(server_, Get(3, {}, kOpen));
  EXPECT_EQ(sink(1).framing.kind, http::Framing::Kind::kStreamed);
}

TEST_F(ServerTest, UnknownExpectationIsAnswered417) {
  Deliver(server_, Get(1, {{"expect", "tea"}}));
  ASSERT_EQ(host_.bad_requests.size(), 1u);
  EXPECT_EQ(host_.bad_requests[0].status, 417);
}

TEST_F(ServerTest, BodyAndTrailersArrive) {
  Deliver(server_, Get(1, {}, kOpen) + Data(1, "ab") + Data(1, "cd") +
                       Headers(1, encoder_.Encode({{"x-sum", "4"}, {"authorization", "no"}})));
  EXPECT_EQ(sink(0).body, "abcd");
  EXPECT_EQ(sink(0).trailers, (FieldList{{"x-sum", "4"}}));
  EXPECT_TRUE(sink(0).ended);
}

// As HTTP/1.1's cannot (H1-14).
TEST_F(ServerTest, TrailersCannotSpeakForTheHead) {
  Deliver(server_,
          Get(1, {}, kOpen) + Headers(1, encoder_.Encode({{"x-sluice-user", "root"},
                                                          {"x-envoy-original-path", "/admin"},
                                                          {"x-forwarded-for", "203.0.113.1"},
                                                          {"content-type", "text/html"},
                                                          {"trailer", "x-sum"},
                                                          {"te", "trailers"},
                                                          {"grpc-status", "0"},
                                                          {"x-sum", "4"}})));
  EXPECT_EQ(sink(0).trailers, (FieldList{{"grpc-status", "0"}, {"x-sum", "4"}}));
  EXPECT_TRUE(sink(0).ended);
}

TEST_F(ServerTest, InterimBodyAndTrailersAreSent) {
  Deliver(server_, Get(1));
  http::ResponseHead head(sink(0).arena);
  head.status = 103;
  sink(0).stream->SendInformational(head);
  head.status = 200;
  head.framing.kind = http::Framing::Kind::kStreamed;
  head.headers.Add("connection", "close");
  head.headers.Add("x", "y");
  sink(0).stream->SendResponse(head, false);
  base::Buffer body;
  body.AppendCopy("hi");
  sink(0).stream->SendData(body, false);
  http::HeaderMap trailers;
  trailers.Add("grpc-status", "0");
  sink(0).stream->SendTrailers(trailers);
  const auto frames = Produced(server_);
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(Decoded(frames[0]), (FieldList{{":status", "103"}}));
  EXPECT_EQ(Decoded(frames[1]), (FieldList{{":status", "200"}, {"x", "y"}}));
  EXPECT_EQ(frames[2].payload, "hi");
  EXPECT_FALSE(frames[2].header.Has(kFlagEndStream));
  EXPECT_EQ(Decoded(frames[3]), (FieldList{{"grpc-status", "0"}}));
  EXPECT_TRUE(frames[3].header.Has(kFlagEndStream));
}

TEST_F(ServerTest, TrailersWithoutBodyNeedNoDataFrame) {
  Deliver(server_, Get(1));
  http::ResponseHead head(sink(0).arena);
  head.status = 200;
  head.framing.kind = http::Framing::Kind::kStreamed;
  sink(0).stream->SendResponse(head, false);
  http::HeaderMap trailers;
  trailers.Add("grpc-status", "0");
  sink(0).stream->SendTrailers(trailers);
  const auto frames = Produced(server_);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_TRUE(frames[1].header.Has(kFlagEndStream));
}

class EarlyAnswerTest : public ServerTest {
 protected:
  void AnswerEarly(uint32_t id) {
    Deliver(server_, Get(id, {}, kOpen) + Data(id, "part"));
    host_.sinks.back()->Answer(413, "too large");
    const auto frames = Produced(server_);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_TRUE(frames[1].header.Has(kFlagEndStream));
    EXPECT_TRUE(host_.sinks.back()->complete);
    EXPECT_TRUE(server_.lingering());
  }
  void ExpectResetWithoutError(uint32_t id) {
    const auto frames = Produced(server_);
    const SentFrame* reset = FindFrame(frames, FrameType::kRstStream);
    ASSERT_NE(reset, nullptr);
    EXPECT_EQ(reset->header.stream_id, id);
    EXPECT_EQ(reset->code(), ErrorCode::kNoError);
    EXPECT_FALSE(server_.lingering());
    // The rest of the body was on its way: ignored.
    Deliver(server_, Data(id, "more", kFlagEndStream) + Get(id + 2));
    EXPECT_EQ(host_.sinks.back()->path, "/x");
    EXPECT_FALSE(server_.finished());
  }
};

TEST_F(EarlyAnswerTest, LetsTheClientFinish) {
  AnswerEarly(1);
  Deliver(server_, Data(1, "more", kFlagEndStream) + Get(3));
  EXPECT_FALSE(server_.lingering());
  EXPECT_EQ(host_.sinks.size(), 2u);
  EXPECT_EQ(FindFrame(Produced(server_), FrameType::kRstStream), nullptr);
}

// Small as it is: there are clients that have sent their last byte and wait for one from us.
TEST_F(EarlyAnswerTest, CreditsWhatIsDroppedAtOnce) {
  AnswerEarly(1);
  Deliver(server_, Data(1, "last", kFlagEndStream));
  const auto frames = Produced(server_);
  const SentFrame* update = FindFrame(frames, FrameType::kWindowUpdate);
  ASSERT_NE(update, nullptr);
  EXPECT_EQ(update->header.stream_id, 0u);
  EXPECT_EQ(update->payload, Uint32(4));
}

TEST_F(EarlyAnswerTest, LetsTheClientFinishWithTrailers) {
  AnswerEarly(1);
  Deliver(server_, Headers(1, encoder_.Encode({{"x-sum", "1"}})) + Get(3));
  EXPECT_FALSE(server_.lingering());
  EXPECT_EQ(host_.sinks.size(), 2u);
  EXPECT_EQ(FindFrame(Produced(server_), FrameType::kRstStream), nullptr);
}

TEST_F(EarlyAnswerTest, CutsOffWhoSendsOnForLong) {
  AnswerEarly(1);
  server_.SweepLingering();
  EXPECT_EQ(FindFrame(Produced(server_), FrameType::kRstStream), nullptr);
  AnswerEarly(3);
  server_.SweepLingering();
  const auto frames = Produced(server_);
  ASSERT_NE(FindFrame(frames, FrameType::kRstStream), nullptr);
  EXPECT_EQ(FindFrame(frames, FrameType::kRstStream)->header.stream_id, 1u);
  EXPECT_TRUE(server_.lingering());
  server_.SweepLingering();
  ExpectResetWithoutError(3);
}

TEST_F(EarlyAnswerTest, CutsOffWhoSendsMuch) {
  AnswerEarly(1);
  for (int i = 0; i < 3; ++i) Deliver(server_, Data(1, std::string(16384, 'x')));
  EXPECT_EQ(FindFrame(Produced(server_), FrameType::kRstStream), nullptr);
  Deliver(server_, Data(1, std::string(16384, 'x')));
  ExpectResetWithoutError(1);
}

TEST_F(EarlyAnswerTest, ClientsThatGiveUpTheRestSpendNoBudget) {
  for (uint32_t id = 1; id < 2 * 3 * options_.stream_reset_burst; id += 2) {
    AnswerEarly(id);
    Deliver(server_, RstStream(id));
    EXPECT_FALSE(server_.lingering());
  }
  EXPECT_FALSE(server_.finished());
}

TEST_F(EarlyAnswerTest, DoesNotHoldUpADrain) {
  AnswerEarly(1);
  server_.Drain();
  const auto frames = Produced(server_);
  Deliver(server_, Ping(FindFrame(frames, FrameType::kPing)->payload, kFlagAck));
  Produced(server_);
  EXPECT_TRUE(server_.finished());
}

TEST_F(ServerTest, PausedBodyIsHeldAndNotCredited) {
  Deliver(server_, Get(1, {}, kOpen));
  sink(0).stream->PauseReceiving();
  for (int i = 0; i < 16; ++i) Deliver(server_, Data(1, std::string(16384, 'x')));
  EXPECT_TRUE(sink(0).body.empty());
  EXPECT_EQ(FindFrame(Produced(server_), FrameType::kWindowUpdate), nullptr);
  sink(0).stream->ResumeReceiving();
  EXPECT_GT(host_.receive_ready, 0);
  Deliver(server_, "");
  EXPECT_EQ(sink(0).body.size(), 16u * 16384);
  EXPECT_NE(FindFrame(Produced(server_), FrameType::kWindowUpdate), nullptr);
}

TEST_F(ServerTest, ResumedBodyNeedsNothingNewToArrive) {
  Deliver(server_, Get(1, {}, kOpen));
  sink(0).stream->PauseReceiving();
  Deliver(server_, Data(1, "held", kFlagEndStream));
  const int asked = host_.output_ready;
  sink(0).stream->ResumeReceiving();
  EXPECT_GT(host_.output_ready, asked);
  Produced(server_);
  EXPECT_EQ(sink(0).body, "held");
  EXPECT_TRUE(sink(0).ended);
}

TEST_F(ServerTest, HeadThatStallsIsCutByTheHost) {
  Deliver(server_, Get(1));
  const std::string request = Get(3);
  EXPECT_FALSE(server_.in_head());
  Deliver(server_, request.substr(0, request.size() - 1));
  EXPECT_TRUE(server_.in_head());
  server_.OnHeadTimeout();
  ASSERT_EQ(host_.bad_requests.size(), 1u);
  EXPECT_EQ(host_.bad_requests[0].error.kind, http::ErrorKind::kHeaderTimeout);
  EXPECT_TRUE(sink(0).reset.has_value());
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_F(ServerTest, HeadWithoutItsContinuationIsStillAHead) {
  Deliver(server_, Get(1, {}, kFlagEndStream));
  EXPECT_TRUE(server_.in_head());
  Deliver(server_, Continuation(1, "", kFlagEndHeaders));
  EXPECT_FALSE(server_.in_head());
  EXPECT_EQ(host_.sinks.size(), 1u);
}

TEST_F(ServerTest, LargeBodiesMoveWithoutCopies) {
  Deliver(server_, Get(1));
  http::ResponseHead head(sink(0).arena);
  head.status = 200;
  head.framing.kind = http::Framing::Kind::kStreamed;
  sink(0).stream->SendResponse(head, false);
  const base::Slice slice = base::Slice::Copy(std::string(16384, 'x'));
  base::Buffer body;
  body.Append(slice);
  sink(0).stream->SendData(body, true);
  base::Buffer out;
  server_.Produce(out, 1 << 20);
  bool found = false;
  out.ForEach([&](std::string_view piece) { found |= piece.data() == slice.data(); });
  EXPECT_TRUE(found);
}

TEST_F(ServerTest, ProduceStopsAboutAtTheLimit) {
  Deliver(server_, Settings({{4, 1 << 20}}) + WindowUpdate(0, 1 << 20) + Get(1));
  Produced(server_);
  http::ResponseHead head(sink(0).arena);
  head.status = 200;
  head.framing.kind = http::Framing::Kind::kStreamed;
  sink(0).stream->SendResponse(head, false);
  base::Buffer body;
  body.AppendCopy(std::string(300000, 'x'));
  sink(0).stream->SendData(body, true);
  EXPECT_TRUE(sink(0).stream->ShouldPause());
  base::Buffer out;
  server_.Produce(out, 40000);
  EXPECT_LT(out.size(), 40000u + 16384 + 100);
  EXPECT_TRUE(server_.has_output());
  EXPECT_EQ(sink(0).can_send, 0);
  while (server_.has_output()) server_.Produce(out, 40000);
  EXPECT_EQ(sink(0).can_send, 1);
  EXPECT_TRUE(sink(0).complete);
}

TEST_F(ServerTest, DrainLetsRequestsOnTheirWayIn) {
  Deliver(server_, Get(1));
  server_.Drain();
  auto frames = Produced(server_);
  ASSERT_NE(FindFrame(frames, FrameType::kGoAway), nullptr);
  const SentFrame* ping = FindFrame(frames, FrameType::kPing);
  ASSERT_NE(ping, nullptr);
  Deliver(server_, Get(3) + Ping(ping->payload, kFlagAck));
  frames = Produced(server_);
  ASSERT_NE(FindFrame(frames, FrameType::kGoAway), nullptr);
  EXPECT_EQ(FindFrame(frames, FrameType::kGoAway)->payload.substr(0, 4), Uint32(3));
  EXPECT_FALSE(server_.finished());
  // Too late: ignored, body and all, without a connection error.
  Deliver(server_, Get(5, {}, kOpen) + Data(5, "x", kFlagEndStream));
  EXPECT_EQ(host_.sinks.size(), 2u);
  sink(0).Answer(200);
  sink(1).Answer(204);
  Produced(server_);
  EXPECT_TRUE(sink(0).complete);
  EXPECT_TRUE(server_.finished());
}

TEST_F(ServerTest, EofResetsEveryStream) {
  Deliver(server_, Get(1) + Get(3, {}, kOpen));
  server_.OnEof();
  EXPECT_EQ(sink(0).reset->kind, http::ErrorKind::kConnectionClosed);
  EXPECT_EQ(sink(1).reset->kind, http::ErrorKind::kConnectionClosed);
  EXPECT_TRUE(server_.finished());
  EXPECT_EQ(server_.active_streams(), 0u);
}

TEST_F(ServerTest, ConnectionErrorDuringADrainIsStillTold) {
  Deliver(server_, Get(1));
  server_.Drain();
  const auto frames = Produced(server_);
  Deliver(server_, Ping(FindFrame(frames, FrameType::kPing)->payload, kFlagAck));
  Produced(server_);
  Deliver(server_, Priority(0, 1));
  ExpectGoAway(ErrorCode::kProtocolError);
}

TEST_F(ServerTest, HeadTooLargeToEncodeResetsTheStream) {
  Deliver(server_, Get(1));
  http::ResponseHead head(sink(0).arena);
  head.status = 200;
  const std::string value(60'000, 'v');
  for (int i = 0; i < 30; ++i) head.headers.Add("x-large", value);
  sink(0).stream->SendResponse(head, true);
  const auto frames = Produced(server_);
  EXPECT_EQ(FindFrame(frames, FrameType::kRstStream)->code(), ErrorCode::kInternalError);
  EXPECT_EQ(sink(0).reset->side, http::Side::kOurselves);
}

TEST_F(ServerTest, LateDataForAnEarlyAnswerIsNoGlitch) {
  Deliver(server_, Get(1, {}, kOpen));
  sink(0).Answer(413);
  Produced(server_);
  for (int i = 0; i < 3000; ++i) Deliver(server_, Data(1, "small"));
  EXPECT_FALSE(server_.finished());
}

}  // namespace
}  // namespace sluice::http2
