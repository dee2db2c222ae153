// SPDX-License-Identifier: Apache-2.0
// Aim:    the states that h2spec's strict cases ask about and nghttp2 alone would not answer.
// Method: the frames of those cases against the server codec.
#include <string>
#include <vector>

#include "dataplane/http2/server_fixture.h"

namespace sluice::http2 {
namespace {

using Http2SpecTest = ServerTest;

TEST_F(Http2SpecTest, InvalidPrefaceCloses) {
  Http2ServerCodec server(options_, host_, clock_);
  Deliver(server, "INVALID CONNECTION PREFACE\r\n\r\n");
  const auto frames = Produced(server);
  EXPECT_EQ(FindFrame(frames, FrameType::kGoAway)->code(), ErrorCode::kProtocolError);
  EXPECT_TRUE(server.finished());
}

TEST_F(Http2SpecTest, IdleStreamFrames) {
  for (const std::string& frame :
       {RstStream(1), WindowUpdate(1, 100), Data(1, "test", kFlagEndStream),
        Continuation(1, "x", kFlagEndHeaders)}) {
    Http2ServerCodec server(options_, host_, clock_);
    Deliver(server, std::string(kClientPreface) + Settings() + SettingsAck() + frame);
    const auto frames = Produced(server);
    ASSERT_NE(FindFrame(frames, FrameType::kGoAway), nullptr);
    EXPECT_EQ(FindFrame(frames, FrameType::kGoAway)->code(), ErrorCode::kProtocolError);
  }
}

TEST_F(Http2SpecTest, HeadersOnHalfClosedStream) {
  Deliver(server_, Get(1) + Get(1));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(Http2SpecTest, DataOnHalfClosedStream) {
  Deliver(server_, Get(1) + Data(1, "test"));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(Http2SpecTest, HeadersAfterResetOfTheirs) {
  Deliver(server_, Get(1, {}, kOpen) + RstStream(1) + Get(1));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(Http2SpecTest, DataOnClosedStream) {
  Deliver(server_, Get(1));
  sink(0).Answer(200);
  Produced(server_);
  Deliver(server_, Data(1, "test", kFlagEndStream));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(Http2SpecTest, HeadersOnClosedStream) {
  Deliver(server_, Get(1));
  sink(0).Answer(200);
  Produced(server_);
  Deliver(server_, Get(1));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(Http2SpecTest, SelfDependencies) {
  Deliver(
      server_,
      RawFrame(
          FrameType::kHeaders, kWhole | kFlagPriority, 1,
          Uint32(1) + '\x01' +
              encoder_.Encode(
                  {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}})));
  ExpectGoAway(ErrorCode::kProtocolError);
  Http2ServerCodec server(options_, host_, clock_);
  Deliver(server, std::string(kClientPreface) + Settings() + SettingsAck() + Priority(1, 1));
  EXPECT_EQ(FindFrame(Produced(server), FrameType::kGoAway)->code(), ErrorCode::kProtocolError);
}

TEST_F(Http2SpecTest, PriorityOnStreamZero) {
  Deliver(server_, Priority(0, 1));
  ExpectGoAway(ErrorCode::kProtocolError);
}

TEST_F(Http2SpecTest, PriorityOnIdleAndClosedStreamsIsLeftAlone) {
  Deliver(server_, Priority(7, 0) + Get(9) + Priority(1, 0) + Ping());
  EXPECT_NE(FindFrame(Produced(server_), FrameType::kPing), nullptr);
  EXPECT_FALSE(server_.finished());
}

TEST_F(Http2SpecTest, SecondHeadersWithoutEndStream) {
  Deliver(server_, Get(1, {}, kOpen) + Get(1, {}, kOpen));
  const auto frames = Produced(server_);
  EXPECT_EQ(FindFrame(frames, FrameType::kRstStream)->code(), ErrorCode::kProtocolError);
}

TEST_F(Http2SpecTest, WindowGoesNegativeAndComesBack) {
  Deliver(server_, Settings({{4, 3}}) + Get(1));
  sink(0).Answer(200, "hello world");
  auto frames = Produced(server_);
  ASSERT_NE(FindFrame(frames, FrameType::kData), nullptr);
  EXPECT_EQ(FindFrame(frames, FrameType::kData)->payload, "hel");
  Deliver(server_, Settings({{4, 2}}));
  EXPECT_EQ(FindFrame(Produced(server_), FrameType::kData), nullptr);
  Deliver(server_, WindowUpdate(1, 2));
  frames = Produced(server_);
  ASSERT_NE(FindFrame(frames, FrameType::kData), nullptr);
  EXPECT_EQ(FindFrame(frames, FrameType::kData)->payload, "l");
}

}  // namespace
}  // namespace sluice::http2
