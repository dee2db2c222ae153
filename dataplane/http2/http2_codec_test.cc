// SPDX-License-Identifier: Apache-2.0
// Aim:    what the codecs do when all is well, and the states that h2spec asks about.
// Method: the server codec against raw frames; the client codec against raw frames.
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/http2/frame_builder.h"
#include "dataplane/http2/http2_client_codec.h"
#include "dataplane/http2/http2_server_codec.h"
#include "dataplane/http2/recording.h"
#include "gtest/gtest.h"

namespace sluice::http2 {
namespace {

constexpr uint8_t kOpen = kFlagEndHeaders;
constexpr uint8_t kWhole = kFlagEndHeaders | kFlagEndStream;

std::vector<SentFrame> Produced(http::Codec& codec) {
  base::Buffer out;
  codec.Produce(out, 1 << 20);
  return ParseFrames(out.ToString());
}

void Deliver(http::Codec& codec, std::string_view bytes) {
  base::Buffer in;
  in.AppendCopy(bytes);
  codec.Receive(in);
  EXPECT_TRUE(in.empty());
}

const SentFrame* FindFrame(const std::vector<SentFrame>& frames, FrameType type) {
  for (const SentFrame& frame : frames) {
    if (frame.header.type == type) return &frame;
  }
  return nullptr;
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Deliver(server_, std::string(kClientPreface) + Settings() + SettingsAck());
    Produced(server_);
  }

  std::string Get(uint32_t id, FieldList more = {}, uint8_t flags = kWhole) {
    FieldList fields = {
        {":method", "GET"}, {":scheme", "http"}, {":authority", "a.example"}, {":path", "/x"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return Headers(id, encoder_.Encode(fields), flags);
  }

  FieldList Decoded(const SentFrame& frame) { return decoder_.Decode(frame.payload); }
  RecordingRequestSink& sink(size_t i) { return *host_.sinks.at(i); }

  void ExpectGoAway(ErrorCode code) {
    const auto frames = Produced(server_);
    ASSERT_NE(FindFrame(frames, FrameType::kGoAway), nullptr);
    EXPECT_EQ(FindFrame(frames, FrameType::kGoAway)->code(), code);
    EXPECT_TRUE(server_.finished());
    EXPECT_FALSE(server_.has_output());
  }

  http::Http2Options options_;
  base::ManualClock clock_;
  RecordingServerHost host_;
  Http2ServerCodec server_{options_, host_, clock_};
  BlockEncoder encoder_;
  BlockDecoder decoder_;
};

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

TEST_F(ServerTest, EarlyAnswerIsFollowedByResetWithoutError) {
  Deliver(server_, Get(1, {}, kOpen) + Data(1, "part"));
  sink(0).Answer(413, "too large");
  const auto frames = Produced(server_);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2].header.type, FrameType::kRstStream);
  EXPECT_EQ(frames[2].code(), ErrorCode::kNoError);
  EXPECT_TRUE(sink(0).complete);
  // The rest of the body was on its way: ignored.
  Deliver(server_, Data(1, "more", kFlagEndStream) + Get(3));
  EXPECT_EQ(host_.sinks.size(), 2u);
  EXPECT_FALSE(server_.finished());
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

// --- What h2spec asks beyond the attack list.

TEST_F(ServerTest, H2specInvalidPrefaceCloses) {
  Http2ServerCodec server(options_, host_, clock_);
  Deliver(server, "INVALID CONNECTION PREFACE\r\n\r\n");
  const auto frames = Produced(server);
  EXPECT_EQ(FindFrame(frames, FrameType::kGoAway)->code(), ErrorCode::kProtocolError);
  EXPECT_TRUE(server.finished());
}

TEST_F(ServerTest, H2specIdleStreamFrames) {
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

TEST_F(ServerTest, H2specHeadersOnHalfClosedStream) {
  Deliver(server_, Get(1) + Get(1));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(ServerTest, H2specDataOnHalfClosedStream) {
  Deliver(server_, Get(1) + Data(1, "test"));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(ServerTest, H2specHeadersAfterResetOfTheirs) {
  Deliver(server_, Get(1, {}, kOpen) + RstStream(1) + Get(1));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(ServerTest, H2specDataOnClosedStream) {
  Deliver(server_, Get(1));
  sink(0).Answer(200);
  Produced(server_);
  Deliver(server_, Data(1, "test", kFlagEndStream));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(ServerTest, H2specHeadersOnClosedStream) {
  Deliver(server_, Get(1));
  sink(0).Answer(200);
  Produced(server_);
  Deliver(server_, Get(1));
  ExpectGoAway(ErrorCode::kStreamClosed);
}

TEST_F(ServerTest, H2specSelfDependencies) {
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

TEST_F(ServerTest, H2specPriorityOnStreamZero) {
  Deliver(server_, Priority(0, 1));
  ExpectGoAway(ErrorCode::kProtocolError);
}

TEST_F(ServerTest, H2specPriorityOnIdleAndClosedStreamsIsLeftAlone) {
  Deliver(server_, Priority(7, 0) + Get(9) + Priority(1, 0) + Ping());
  EXPECT_NE(FindFrame(Produced(server_), FrameType::kPing), nullptr);
  EXPECT_FALSE(server_.finished());
}

TEST_F(ServerTest, H2specSecondHeadersWithoutEndStream) {
  Deliver(server_, Get(1, {}, kOpen) + Get(1, {}, kOpen));
  const auto frames = Produced(server_);
  EXPECT_EQ(FindFrame(frames, FrameType::kRstStream)->code(), ErrorCode::kProtocolError);
}

TEST_F(ServerTest, H2specWindowGoesNegativeAndComesBack) {
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
