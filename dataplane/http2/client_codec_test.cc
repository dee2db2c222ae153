// SPDX-License-Identifier: Apache-2.0
// Aim:    the client codec against good and hostile upstreams (attacks UP-01 to UP-07).
// Method: raw frames in, frames out.
#include "dataplane/http2/client_codec.h"

#include <string>
#include <vector>

#include "dataplane/http2/frame_builder.h"
#include "dataplane/http2/recording.h"
#include "gtest/gtest.h"

namespace sluice::http2 {
namespace {

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Produced(client_);
    Deliver(client_, Settings({{3, 2}}) + SettingsAck());
    Produced(client_);
  }

  http::ClientStream& Ask(RecordingResponseSink& sink, std::string_view method = "GET") {
    http::RequestHead head(arena_);
    head.method = method;
    head.scheme = "https";
    head.authority = "a.example";
    head.path = "/x";
    http::ClientStream& stream = client_.NewStream(sink);
    stream.SendRequest(head, true);
    return stream;
  }

  std::string Respond(uint32_t id, const FieldList& fields, uint8_t flags = kWhole) {
    return Headers(id, encoder_.Encode(fields), flags);
  }

  http::Http2Options options_;
  RecordingClientHost host_;
  base::Arena arena_;
  RecordingResponseSink sink_;
  RecordingResponseSink other_;
  Http2ClientCodec client_{options_, host_};
  BlockEncoder encoder_;
  BlockDecoder decoder_;
};

TEST_F(ClientTest, SendsPrefaceAndRefusesPush) {
  Http2ClientCodec client(options_, host_);
  base::Buffer out;
  client.Produce(out, 1 << 20);
  const std::string sent = out.ToString();
  EXPECT_TRUE(sent.starts_with(kClientPreface));
  EXPECT_NE(sent.find(std::string("\x00\x02\x00\x00\x00\x00", 6)), std::string::npos);
}

TEST_F(ClientTest, RequestAndResponse) {
  Ask(sink_);
  const auto frames = Produced(client_);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(
      decoder_.Decode(frames[0].payload),
      (FieldList{
          {":method", "GET"}, {":scheme", "https"}, {":path", "/x"}, {":authority", "a.example"}}));
  Deliver(client_, Respond(1, {{":status", "103"}}, kOpen) +
                       Respond(1, {{":status", "200"}, {"content-length", "2"}}, kOpen) +
                       Data(1, "ok") + Respond(1, {{"x-t", "1"}}));
  EXPECT_EQ(sink_.interim, (std::vector<uint16_t>{103}));
  EXPECT_EQ(sink_.status, 200);
  EXPECT_EQ(sink_.framing.length, 2u);
  EXPECT_EQ(sink_.body, "ok");
  EXPECT_EQ(sink_.trailers, (FieldList{{"x-t", "1"}}));
  EXPECT_TRUE(sink_.complete);
  EXPECT_EQ(client_.active_streams(), 0u);
}

TEST_F(ClientTest, HeadAndNotModifiedKeepTheirLengthWithoutBody) {
  Ask(sink_, "HEAD");
  Produced(client_);
  Deliver(client_, Respond(1, {{":status", "200"}, {"content-length", "500"}}));
  EXPECT_EQ(sink_.framing.length, 500u);
  EXPECT_TRUE(sink_.complete);
  Ask(other_);
  Produced(client_);
  Deliver(client_, Respond(3, {{":status", "304"}, {"content-length", "500"}}));
  EXPECT_TRUE(other_.complete);
}

TEST_F(ClientTest, CapacityFollowsThePeersSettings) {
  EXPECT_EQ(client_.max_concurrent_streams(), 2u);
  EXPECT_EQ(host_.capacity_changed, 1);
  Ask(sink_);
  EXPECT_TRUE(client_.can_open_stream());
  Ask(other_);
  EXPECT_FALSE(client_.can_open_stream());
  Produced(client_);
  Deliver(client_, Settings({{3, 0}}));
  EXPECT_EQ(host_.capacity_changed, 2);
  Deliver(client_, Respond(1, {{":status", "200"}}));
  EXPECT_TRUE(sink_.complete);
  EXPECT_FALSE(client_.can_open_stream());
}

TEST_F(ClientTest, UP_05_TooManyInterimResponsesFailTheStream) {
  Ask(sink_);
  Produced(client_);
  std::string interim;
  for (int i = 0; i < 8; ++i) interim += Respond(1, {{":status", "100"}}, kOpen);
  Deliver(client_, interim);
  EXPECT_FALSE(sink_.reset.has_value());
  EXPECT_EQ(sink_.interim.size(), 8u);
  Deliver(client_, Respond(1, {{":status", "100"}}, kOpen));
  ASSERT_TRUE(sink_.reset.has_value());
  EXPECT_EQ(sink_.reset->kind, http::ErrorKind::kProtocol);
  EXPECT_EQ(sink_.reset->side, http::Side::kUpstream);
  EXPECT_FALSE(client_.can_open_stream());
  EXPECT_TRUE(client_.finished());
}

TEST_F(ClientTest, UP_01_MalformedResponsesFailTheStreamAndTheConnectionIsNotReused) {
  for (const FieldList& bad : std::vector<FieldList>{
           {{":status", "99"}},
           {{":status", "1000"}},
           {{":status", "600"}},
           {{":status", "abc"}},
           {{":status", "101"}},
           {{"x", "y"}},
           {{":status", "200"}, {":status", "200"}},
           {{"x", "y"}, {":status", "200"}},
           {{":status", "200"}, {"X", "y"}},
           {{":status", "200"}, {"x", "a\nb"}},
           {{":status", "200"}, {"connection", "x"}},
           {{":status", "200"}, {"content-length", "5"}},
           {{":status", "200"}, {"content-length", "0"}, {"content-length", "0"}}}) {
    SCOPED_TRACE(::testing::PrintToString(bad));
    Http2ClientCodec client(options_, host_);
    BlockEncoder encoder;
    RecordingResponseSink sink;
    http::RequestHead head(arena_);
    head.method = "GET";
    head.scheme = "https";
    head.authority = "a";
    head.path = "/";
    client.NewStream(sink).SendRequest(head, true);
    Produced(client);
    Deliver(client, Settings() + SettingsAck() + Headers(1, encoder.Encode(bad)));
    EXPECT_EQ(sink.status, 0);
    ASSERT_TRUE(sink.reset.has_value());
    EXPECT_EQ(sink.reset->kind, http::ErrorKind::kProtocol);
    EXPECT_FALSE(client.can_open_stream());
  }
}

TEST_F(ClientTest, UP_06_ShortBodyFailsTheStream) {
  Ask(sink_);
  Produced(client_);
  Deliver(client_, Respond(1, {{":status", "200"}, {"content-length", "5"}}, kOpen) +
                       Data(1, "abc", kFlagEndStream));
  ASSERT_TRUE(sink_.reset.has_value());
  EXPECT_FALSE(sink_.ended);
}

TEST_F(ClientTest, UP_07_OnlyUnprocessedRequestsAreSafeToRetry) {
  Ask(sink_);
  Ask(other_);
  Produced(client_);
  Deliver(client_, GoAway(1) + Settings({{3, 0}}));
  ASSERT_TRUE(other_.reset.has_value());
  EXPECT_EQ(other_.reset->kind, http::ErrorKind::kGoAway);
  EXPECT_EQ(other_.reset->retry, http::Retry::kSafe);
  EXPECT_FALSE(sink_.reset.has_value());
  EXPECT_FALSE(client_.can_open_stream());
  EXPECT_FALSE(client_.finished());
  Deliver(client_, RstStream(1, ErrorCode::kInternalError) + GoAway(1));
  EXPECT_EQ(sink_.reset->kind, http::ErrorKind::kReset);
  EXPECT_EQ(sink_.reset->retry, http::Retry::kNever);
  EXPECT_TRUE(client_.finished());
}

TEST_F(ClientTest, UP_07_RefusedStreamIsSafeToRetry) {
  Ask(sink_);
  Produced(client_);
  Deliver(client_, RstStream(1, ErrorCode::kRefusedStream));
  EXPECT_EQ(sink_.reset->retry, http::Retry::kSafe);
  EXPECT_TRUE(client_.can_open_stream());
}

TEST_F(ClientTest, UP_07_PushPromiseEndsTheConnection) {
  Ask(sink_);
  Produced(client_);
  Deliver(client_, RawFrame(FrameType::kPushPromise, kFlagEndHeaders, 1,
                            Uint32(2) + encoder_.Encode({{":method", "GET"}})));
  EXPECT_TRUE(sink_.reset.has_value());
  EXPECT_EQ(FindFrame(Produced(client_), FrameType::kGoAway)->code(), ErrorCode::kProtocolError);
  EXPECT_TRUE(client_.finished());
}

TEST_F(ClientTest, UP_07_TrailersTwiceAreHarmless) {
  Ask(sink_);
  Produced(client_);
  Deliver(client_, Respond(1, {{":status", "200"}}, kOpen) + Respond(1, {{"a", "b"}}) +
                       Respond(1, {{"a", "b"}}));
  EXPECT_TRUE(sink_.complete);
  EXPECT_EQ(client_.active_streams(), 0u);
}

TEST_F(ClientTest, CloseBeforeAnyAnswerMayBeRetriedOnAReusedConnection) {
  Ask(sink_);
  Ask(other_);
  Produced(client_);
  Deliver(client_, Respond(1, {{":status", "200"}}, kOpen));
  client_.OnEof();
  EXPECT_EQ(sink_.reset->retry, http::Retry::kNever);
  EXPECT_EQ(other_.reset->retry, http::Retry::kIfReused);
}

TEST_F(ClientTest, EarlyAnswerAndResetDoNotFailTheUpload) {
  http::RequestHead head(arena_);
  head.method = "POST";
  head.scheme = "https";
  head.authority = "a";
  head.path = "/";
  head.framing.kind = http::Framing::Kind::kStreamed;
  http::ClientStream& stream = client_.NewStream(sink_);
  stream.SendRequest(head, false);
  Produced(client_);
  Deliver(client_, Respond(1, {{":status", "413"}}) + RstStream(1, ErrorCode::kNoError));
  EXPECT_TRUE(sink_.ended);
  EXPECT_FALSE(sink_.reset.has_value());
  EXPECT_FALSE(sink_.complete);
  base::Buffer body;
  body.AppendCopy("rest");
  stream.SendData(body, true);
  EXPECT_GT(host_.receive_ready, 0);
  Deliver(client_, "");
  EXPECT_TRUE(sink_.complete);
}

TEST_F(ClientTest, AnswerThatEndedBeforeItsConnectionReachesAPausedSink) {
  http::ClientStream& stream = Ask(sink_);
  Produced(client_);
  stream.PauseReceiving();
  Deliver(client_, Respond(1, {{":status", "200"}}, kOpen) + Data(1, "late", kFlagEndStream));
  client_.OnEof();
  EXPECT_FALSE(client_.finished());
  stream.ResumeReceiving();
  Deliver(client_, "");
  EXPECT_EQ(sink_.body, "late");
  EXPECT_TRUE(sink_.complete);
  EXPECT_TRUE(client_.finished());
}

TEST_F(ClientTest, UpgradeIsNotSpokenUpstream) {
  http::RequestHead head(arena_);
  head.method = "GET";
  head.upgrade = "websocket";
  client_.NewStream(sink_).SendRequest(head, false);
  Deliver(client_, "");
  EXPECT_EQ(sink_.reset->kind, http::ErrorKind::kUnsupported);
}

TEST_F(ClientTest, ResetBySinkIsCancel) {
  http::ClientStream& stream = Ask(sink_);
  Produced(client_);
  stream.Reset({.kind = http::ErrorKind::kIdleTimeout, .detail = "timeout"});
  const auto frames = Produced(client_);
  EXPECT_EQ(FindFrame(frames, FrameType::kRstStream)->code(), ErrorCode::kCancel);
  EXPECT_EQ(client_.active_streams(), 0u);
  Deliver(client_, Respond(1, {{":status", "200"}}));
  EXPECT_EQ(sink_.status, 0);
}

TEST_F(ClientTest, ResetBeforeTheRequestLeftSendsNothing) {
  http::ClientStream& stream = Ask(sink_);
  stream.Reset({.kind = http::ErrorKind::kIdleTimeout, .detail = "timeout"});
  EXPECT_TRUE(Produced(client_).empty());
  EXPECT_TRUE(client_.can_open_stream());
}

}  // namespace
}  // namespace sluice::http2
