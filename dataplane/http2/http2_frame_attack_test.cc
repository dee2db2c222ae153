// SPDX-License-Identifier: Apache-2.0
// Aim:    every line of the HTTP/2 attack list, as far as a codec sees it, has its stated outcome.
// Method: raw frames against a server codec; what came back is cut into frames.
//         Floods are shown by counts, never by a clock.
#include <string>
#include <vector>

#include "dataplane/http2/attack_fixture.h"

namespace sluice::http2 {
namespace {

TEST_P(Http2AttackTest, H2_13_RapidResetSpendsABudgetAndThenCloses) {
  uint32_t id = 1;
  for (int i = 0; i < 200; ++i, id += 2) {
    Send(Good(id));
    Send(RstStream(id));
  }
  ASSERT_EQ(host_.sinks.size(), 200u);
  for (const auto& sink : host_.sinks) ASSERT_TRUE(sink->reset.has_value());
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  // Time gives some back.
  clock_.AdvanceMs(1000);
  for (int i = 0; i < 7; ++i, id += 2) Send(Good(id) + RstStream(id));
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(Good(id) + RstStream(id));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_13_RequestsResetInTheSameReadNeverStart) {
  if (GetParam()) return;
  Send(Good(1) + RstStream(1) + Good(3) + RstStream(3));
  EXPECT_TRUE(host_.sinks.empty());
}

TEST_P(Http2AttackTest, H2_14_ResetsThatTheClientBringsAboutSpendTheSameBudget) {
  options_.stream_reset_burst = 10;
  Start();
  uint32_t id = 1;
  for (int i = 0; i < 10; ++i, id += 2) {
    Send(Headers(id, Block(Request({{"content-length", "1"}})), kOpen));
    Send(Data(id, "ab"));
    EXPECT_LE(server_->active_streams(), options_.max_concurrent_streams);
  }
  EXPECT_EQ(CountSent(FrameType::kRstStream), 10u);
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(Headers(id, Block(Request({{"connection", "x"}}))));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_14_FramesThatForceAResetAfterTheEndCloseTheConnection) {
  for (const std::string& frame : {WindowUpdate(1, 0), Priority(1, 1), Headers(1, ""), Data(1, "x"),
                                   RawFrame(FrameType::kPriority, 0, 1, "1234")}) {
    Start();
    host_.sinks.clear();
    Send(Headers(1, Block(Request())));
    ASSERT_EQ(host_.sinks.size(), 1u);
    Send(frame);
    ASSERT_TRUE(host_.sinks[0]->reset.has_value());
    EXPECT_TRUE(server_->finished());
    EXPECT_EQ(server_->active_streams(), 0u);
  }
}

TEST_P(Http2AttackTest, H2_14_OverflowingWindowsSpendTheResetBudget) {
  options_.stream_reset_burst = 10;
  Start();
  uint32_t id = 1;
  for (int i = 0; i < 10; ++i, id += 2) {
    Send(Headers(id, Block(Request())));
    Send(WindowUpdate(id, 0x7fffffff));
    EXPECT_EQ(server_->active_streams(), 0u);
    EXPECT_EQ(Last(FrameType::kRstStream)->code(), ErrorCode::kFlowControlError);
  }
  EXPECT_EQ(CountSent(FrameType::kRstStream), 10u);
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(Headers(id, Block(Request())));
  Send(WindowUpdate(id, 0x7fffffff));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_14_AnOverflowingWindowIsItsStreamsErrorWhereverTheFrameIsCut) {
  const std::string frame = WindowUpdate(1, 0x7fffffff);
  for (size_t cut = 0; cut <= frame.size(); ++cut) {
    SCOPED_TRACE(cut);
    Start();
    host_.sinks.clear();
    Send(Good(1) + frame.substr(0, cut));
    Send(frame.substr(cut) + Ping());
    EXPECT_EQ(CountSent(FrameType::kPing), 1u);
    ExpectReset(1, ErrorCode::kFlowControlError);
  }
}

TEST_P(Http2AttackTest, H2_14_AWindowThatDoesNotOverflowOpensWhereverTheFrameIsCut) {
  const std::string frame = WindowUpdate(1, 100);
  for (size_t cut = 0; cut <= frame.size(); ++cut) {
    SCOPED_TRACE(cut);
    Start();
    host_.sinks.clear();
    Send(Settings({{4, 0}}) + WindowUpdate(0, 1000));
    Send(Good(1) + frame.substr(0, cut));
    host_.sinks[0]->Answer(200, std::string(200, 'x'));
    Send(frame.substr(cut));
    const SentFrame* data = Last(FrameType::kData);
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(data->payload.size(), 100u);
  }
}

TEST_P(Http2AttackTest, H2_15_NinthContinuationCloses) {
  const std::string block = Block(Request());
  std::string frames = Headers(1, block.substr(0, 1), kFlagEndStream);
  for (int i = 0; i < 8; ++i) frames += Continuation(1, block.substr(1 + i, 1));
  Send(frames);
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(Continuation(1, block.substr(9), kFlagEndHeaders));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
  EXPECT_TRUE(host_.sinks.empty());
}

TEST_P(Http2AttackTest, H2_15_EightContinuationsAreServed) {
  const std::string block = Block(Request());
  std::string frames = Headers(1, block.substr(0, 1), kFlagEndStream);
  for (int i = 0; i < 7; ++i) frames += Continuation(1, block.substr(1 + i, 1));
  Send(frames + Continuation(1, block.substr(8), kFlagEndHeaders));
  ASSERT_EQ(host_.sinks.size(), 1u);
}

TEST_P(Http2AttackTest, H2_15_ForeignFrameInsideAHeaderBlockCloses) {
  for (const std::string& frame :
       {Ping(), Data(1, "x"), Continuation(3, "x"), RawFrame(0x20, 0, 1, "")}) {
    Start();
    Send(Headers(1, "", kFlagEndStream) + frame);
    ExpectGoAway(ErrorCode::kProtocolError);
  }
}

TEST_P(Http2AttackTest, H2_16_SettingsAbuseCloses) {
  std::string flood;
  for (int i = 0; i < 1100; ++i) flood += Settings();
  Send(flood, /*flush=*/false);
  Flush();
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);

  Start();
  std::string entries;
  for (int i = 0; i < 33; ++i) entries += std::string("\x00\x09\x00\x00\x00\x01", 6);
  Send(RawFrame(FrameType::kSettings, 0, 0, entries));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);

  Start();
  Send(Settings({{4, 0x80000000u}}));
  ExpectGoAway(ErrorCode::kFlowControlError);

  Start();
  Send(RawFrame(FrameType::kSettings, kFlagAck, 0, std::string(6, '\0')));
  ExpectGoAway(ErrorCode::kFrameSizeError);
}

TEST_P(Http2AttackTest, H2_17_PingFloodWithoutReadingIsCutAtTheQueueLimit) {
  std::string flood;
  for (int i = 0; i < 1100; ++i) flood += Ping();
  Send(flood, /*flush=*/false);
  Flush();
  EXPECT_LE(CountSent(FrameType::kPing), 1001u);
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_17_BadHeadersFloodWithoutReadingIsCut) {
  options_.max_concurrent_streams = 1000;  // Or that limit would cut it at a hundred.
  Start();
  std::string flood;
  for (uint32_t id = 1; id < 600; id += 2) {
    flood += Headers(id, Block(Request({{"connection", "x"}})));
  }
  Send(flood, /*flush=*/false);
  Flush();
  EXPECT_LE(CountSent(FrameType::kRstStream), 201u);
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_18_PriorityFloodCloses) {
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += Priority(1, 0);
  Send(flood);
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(Priority(1, 0));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_18_WindowUpdateFloodCloses) {
  for (int i = 0; i < 5; ++i) Send(WindowUpdate(0, 1));
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(WindowUpdate(0, 1));
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_18_SecondEmptyFrameCloses) {
  const std::string padding_only("\x03\0\0\0", 4);
  for (const std::string& empty : {Data(1, ""), Data(1, padding_only, kFlagPadded)}) {
    Start();
    Send(Headers(1, Block(Request()), kOpen));
    Send(empty);
    EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
    Send(empty);
    ExpectGoAway(ErrorCode::kEnhanceYourCalm);
  }
}

TEST_P(Http2AttackTest, H2_19_ZeroWindowHoldsTheResponseBoundedAndPausesTheSink) {
  Start();
  Send(Settings({{4, 0}}) + Good(1));
  ASSERT_EQ(host_.sinks.size(), 1u);
  RecordingRequestSink& sink = *host_.sinks[0];
  http::ResponseHead response(sink.arena);
  response.status = 200;
  response.framing.kind = http::Framing::Kind::kStreamed;
  sink.stream->SendResponse(response, false);
  EXPECT_FALSE(sink.stream->ShouldPause());
  base::Buffer body;
  body.AppendCopy(std::string(options_.limits.stream_buffer_bytes + 1, 'x'));
  sink.stream->SendData(body, false);
  EXPECT_TRUE(sink.stream->ShouldPause());
  Flush();
  EXPECT_EQ(CountSent(FrameType::kData), 0u);
  // The flush timeout above us resets.
  sink.stream->Reset({http::ErrorKind::kFlushTimeout, http::Side::kDownstream, http::Retry::kNever,
                      "stream-flush-timeout"});
  Flush();
  EXPECT_EQ(Last(FrameType::kRstStream)->code(), ErrorCode::kCancel);
  EXPECT_EQ(server_->active_streams(), 0u);
}

TEST_P(Http2AttackTest, H2_19_TinyDataFramesDoNotPinABlockEach) {
  Send(Good(1, kOpen));
  host_.sinks[0]->stream->PauseReceiving();
  for (int i = 0; i < 1000; ++i) Send(Data(1, "x"), /*flush=*/false);
  host_.sinks[0]->stream->ResumeReceiving();
  Send(Data(1, "", kFlagEndStream));
  EXPECT_EQ(host_.sinks[0]->body, std::string(1000, 'x'));
  EXPECT_TRUE(host_.sinks[0]->ended);
}

TEST_P(Http2AttackTest, H2_20_DataWhereItMayNotBe) {
  const auto connection = [&](const std::string& frames, ErrorCode code) {
    Start();
    Send(frames);
    ExpectGoAway(code);
  };
  const std::string open = Headers(1, BlockEncoder().Encode(Request()), kOpen);
  connection(Data(1, "x"), ErrorCode::kProtocolError);  // Idle.
  connection(Data(0, "x"), ErrorCode::kProtocolError);  // Stream zero.
  connection(open + Data(1, "\x05hello", kFlagPadded).substr(0, 9) + "\x06hello",
             ErrorCode::kProtocolError);  // Padding beyond the payload.
  connection(open + RawFrame(FrameType::kData, 0, 1, std::string(16385, 'x')),
             ErrorCode::kFrameSizeError);
  connection(RawFrame(FrameType::kHeaders, kFlagPriority | kFlagEndHeaders, 1, "1234"),
             ErrorCode::kFrameSizeError);
  connection(open + RstStream(1) + Data(1, "x"), ErrorCode::kStreamClosed);
}

TEST_P(Http2AttackTest, H2_20_DataPastTheWindowIsAFlowControlError) {
  options_.initial_stream_window_bytes = 1000;
  Start();
  Send(Good(1, kOpen));
  host_.sinks[0]->stream->PauseReceiving();
  Send(Data(1, std::string(1000, 'x')));
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(Data(1, "x"));
  ExpectGoAway(ErrorCode::kFlowControlError);
}

TEST_P(Http2AttackTest, H2_20_IgnoredDataStillCreditsTheConnection) {
  if (GetParam()) return;
  Send(Good(1, kOpen));
  host_.sinks[0]->stream->Reset({.kind = http::ErrorKind::kBodyTooLarge, .detail = "too-large"});
  Flush();
  // Far more than the connection window, all for a stream that we have reset.
  for (int i = 0; i < 100; ++i) Send(Data(1, std::string(16384, 'x')));
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  EXPECT_GT(CountSent(FrameType::kWindowUpdate), 0u);
  Send(Good(3));
  EXPECT_EQ(host_.sinks.size(), 2u);
}

TEST_P(Http2AttackTest, H2_21_StreamIdsThatMayNotBe) {
  const auto connection = [&](const std::string& frames) {
    Start();
    Send(frames);
    ExpectGoAway(ErrorCode::kProtocolError);
  };
  const auto request = [&](uint32_t id) { return Headers(id, BlockEncoder().Encode(Request())); };
  connection(request(2));
  connection(request(5) + request(3));
  connection(RawFrame(FrameType::kPushPromise, kFlagEndHeaders, 1, Uint32(2)));
}

TEST_P(Http2AttackTest, H2_21_UnknownFramesAreIgnoredAndCounted) {
  Send(RawFrame(0x4d, 0xff, 0, "metadata") + RawFrame(0xfa, 0, 77, ""));
  Send(Good(1));
  EXPECT_EQ(host_.sinks.size(), 1u);
  std::string flood;
  for (int i = 0; i < 1100; ++i) flood += RawFrame(0x4d, 0, 0, "");
  Send(flood);
  ExpectGoAway(ErrorCode::kEnhanceYourCalm);
}

TEST_P(Http2AttackTest, H2_21_StreamOverTheLimitIsRefusedUntilOurSettingsAreKnown) {
  options_.max_concurrent_streams = 2;
  StartWithoutAck();
  Send(Good(1) + Good(3) + Good(5));
  EXPECT_EQ(host_.sinks.size(), 2u);
  EXPECT_EQ(Last(FrameType::kRstStream)->code(), ErrorCode::kRefusedStream);
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  Send(SettingsAck() + Good(7));
  ExpectGoAway(ErrorCode::kProtocolError);
}

TEST_P(Http2AttackTest, H2_21_BodyOfARefusedStreamIsIgnored) {
  options_.max_concurrent_streams = 1;
  StartWithoutAck();
  Send(Good(1, kOpen) + Good(3, kOpen) + Data(3, "x"));
  EXPECT_EQ(Last(FrameType::kRstStream)->code(), ErrorCode::kRefusedStream);
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  EXPECT_FALSE(server_->finished());
}

TEST_P(Http2AttackTest, H2_22_ResetWhileTheSinkWaitsIsItsLastCall) {
  Send(Good(1, kOpen));
  Send(RstStream(1));
  ASSERT_TRUE(host_.sinks[0]->reset.has_value());
  EXPECT_EQ(host_.sinks[0]->reset->side, http::Side::kDownstream);
  EXPECT_EQ(server_->active_streams(), 0u);
}

}  // namespace
}  // namespace sluice::http2
