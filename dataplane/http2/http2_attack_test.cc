// SPDX-License-Identifier: Apache-2.0
// Aim:    every line of the HTTP/2 attack list, as far as a codec sees it, has its stated outcome.
// Method: raw frames against a server codec, whole and again one byte at a time; what came back is
//         cut into frames. Floods are shown by counts, never by a clock.
#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "dataplane/http2/frame_builder.h"
#include "dataplane/http2/http2_server_codec.h"
#include "dataplane/http2/recording.h"
#include "gtest/gtest.h"

namespace sluice::http2 {
namespace {

constexpr uint8_t kOpen = kFlagEndHeaders;
constexpr uint8_t kWhole = kFlagEndHeaders | kFlagEndStream;

class Http2AttackTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    options_.tls = true;
    Start();
  }

  // Begins a connection: preface, SETTINGS both ways.
  void Start() {
    StartWithoutAck();
    Send(SettingsAck());
  }

  void StartWithoutAck() {
    server_.reset();  // Before the host that it still may call is looked at again.
    encoder_ = std::make_unique<BlockEncoder>();
    server_ = std::make_unique<Http2ServerCodec>(options_, host_, clock_);
    Send(std::string(kClientPreface) + Settings());
    sent_.clear();
  }

  void Send(std::string_view bytes, bool flush = true) {
    const size_t step = GetParam() ? 1 : bytes.size();
    while (!bytes.empty()) {
      base::Buffer in;
      in.AppendCopy(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
      server_->Receive(in);
    }
    if (flush) Flush();
  }

  void Flush() {
    base::Buffer out;
    while (server_->has_output()) {
      const size_t before = out.size();
      server_->Produce(out, 1 << 20);
      if (out.size() == before) break;
    }
    for (SentFrame& frame : ParseFrames(out.ToString())) sent_.push_back(std::move(frame));
  }

  static FieldList Request(FieldList more = {}) {
    FieldList fields = {
        {":method", "POST"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  }

  std::string Block(const FieldList& fields) { return encoder_->Encode(fields); }
  std::string Good(uint32_t id, uint8_t flags = kWhole) {
    return Headers(id, Block(Request()), flags);
  }

  const SentFrame* Last(FrameType type) const {
    for (auto frame = sent_.rbegin(); frame != sent_.rend(); ++frame) {
      if (frame->header.type == type) return &*frame;
    }
    return nullptr;
  }

  size_t CountSent(FrameType type) const {
    size_t n = 0;
    for (const SentFrame& frame : sent_) n += frame.header.type == type;
    return n;
  }

  // RST_STREAM with that code; the connection lives, and serves the next request.
  void ExpectReset(uint32_t id, ErrorCode code = ErrorCode::kProtocolError) {
    const SentFrame* reset = Last(FrameType::kRstStream);
    ASSERT_NE(reset, nullptr);
    EXPECT_EQ(reset->header.stream_id, id);
    EXPECT_EQ(reset->code(), code);
    EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
    EXPECT_FALSE(server_->finished());
    const size_t seen = host_.sinks.size();
    Send(Headers(id + 2, Block({{":method", "GET"},
                                {":scheme", "https"},
                                {":authority", "good.example"},
                                {":path", "/next"}})));
    ASSERT_EQ(host_.sinks.size(), seen + 1);
    EXPECT_EQ(host_.sinks.back()->path, "/next");
  }

  void ExpectGoAway(ErrorCode code) {
    const SentFrame* goaway = Last(FrameType::kGoAway);
    ASSERT_NE(goaway, nullptr);
    EXPECT_EQ(goaway->code(), code);
    EXPECT_TRUE(server_->finished());
    EXPECT_FALSE(server_->wants_input());
    EXPECT_EQ(server_->active_streams(), 0u);
  }

  // RST-P: no sink ever saw the request, and one bad request was reported.
  void ExpectRefused(const FieldList& fields, uint8_t flags = kWhole) {
    SCOPED_TRACE(::testing::PrintToString(fields));
    Start();
    host_.sinks.clear();
    host_.bad_requests.clear();
    Send(Headers(1, Block(fields), flags));
    EXPECT_TRUE(host_.sinks.empty());
    ASSERT_EQ(host_.bad_requests.size(), 1u);
    EXPECT_EQ(host_.bad_requests[0].status, 0);
    EXPECT_EQ(host_.bad_requests[0].error.kind, http::ErrorKind::kProtocol);
    EXPECT_EQ(host_.bad_requests[0].error.side, http::Side::kDownstream);
    const SentFrame* reset = Last(FrameType::kRstStream);
    ASSERT_NE(reset, nullptr);
    EXPECT_EQ(reset->code(), ErrorCode::kProtocolError);
    EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  }

  http::Http2Options options_;
  base::ManualClock clock_;
  RecordingServerHost host_;
  std::unique_ptr<Http2ServerCodec> server_;
  std::vector<SentFrame> sent_;
  std::unique_ptr<BlockEncoder> encoder_;
};

INSTANTIATE_TEST_SUITE_P(Bytes, Http2AttackTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "OneByOne" : "Whole"; });

TEST_P(Http2AttackTest, H2_01_IllegalFieldsResetTheStream) {
  for (const FieldList& bad : std::vector<FieldList>{{{"x", "a\rb"}},
                                                     {{"x", "a\nb"}},
                                                     {{"x", std::string("a\0b", 3)}},
                                                     {{"x y", "a"}},
                                                     {{"", "a"}},
                                                     {{"x", " a"}},
                                                     {{"x", "a\t"}},
                                                     {{"x:", "a"}}}) {
    ExpectRefused(Request(bad));
  }
}

TEST_P(Http2AttackTest, H2_02_UpperCaseAndConnectionSpecificFieldsResetTheStream) {
  for (const FieldList& bad : std::vector<FieldList>{{{"X-Upper", "a"}},
                                                     {{"connection", "close"}},
                                                     {{"keep-alive", "1"}},
                                                     {{"proxy-connection", "close"}},
                                                     {{"transfer-encoding", "chunked"}},
                                                     {{"upgrade", "h2c"}},
                                                     {{"te", "gzip"}},
                                                     {{"te", "trailers, gzip"}}}) {
    ExpectRefused(Request(bad));
  }
}

TEST_P(Http2AttackTest, H2_03_PseudoHeaderDisorderResetsTheStream) {
  const std::pair<std::string, std::string> method = {":method", "GET"},
                                            scheme = {":scheme", "https"},
                                            authority = {":authority", "a"}, path = {":path", "/"};
  for (const FieldList& bad :
       std::vector<FieldList>{{method, scheme, authority, path, path},
                              {method, method, scheme, authority, path},
                              {method, scheme, authority, authority, path},
                              {method, scheme, scheme, authority, path},
                              {scheme, authority, path},
                              {method, authority, path},
                              {method, scheme, authority},
                              {method, scheme, path},
                              {method, scheme, {"x", "y"}, authority, path},
                              {method, scheme, authority, path, {":x", "y"}},
                              {method, scheme, authority, path, {":status", "200"}}}) {
    ExpectRefused(bad);
  }
}

TEST_P(Http2AttackTest, H2_03_PseudoHeadersInTrailersResetTheStream) {
  Send(Good(1, kOpen));
  ASSERT_EQ(host_.sinks.size(), 1u);
  Send(Headers(1, Block({{":path", "/evil"}})));
  ASSERT_TRUE(host_.sinks[0]->reset.has_value());
  EXPECT_EQ(host_.sinks[0]->reset->kind, http::ErrorKind::kProtocol);
  EXPECT_FALSE(host_.sinks[0]->ended);
  ExpectReset(1);
}

TEST_P(Http2AttackTest, H2_04_BadPathsResetTheStream) {
  for (const char* bad :
       {"", "admin", "https://a.example/", "/a b", "/a#b", "*", "/\x7f", "/\xc3\xa9"}) {
    ExpectRefused(
        {{":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", bad}});
  }
}

TEST_P(Http2AttackTest, H2_04_AsteriskIsForOptionsOnly) {
  Send(Headers(1, Block({{":method", "OPTIONS"},
                         {":scheme", "https"},
                         {":authority", "a.example"},
                         {":path", "*"}})));
  ASSERT_EQ(host_.sinks.size(), 1u);
  EXPECT_EQ(host_.sinks[0]->path, "*");
}

TEST_P(Http2AttackTest, H2_05_BadAuthoritiesResetTheStream) {
  for (const char* bad : {"", "u@a", "a,b", "a:99999", "a:80:80", "a/b", "[::1"}) {
    ExpectRefused({{":method", "GET"}, {":scheme", "https"}, {":authority", bad}, {":path", "/"}});
  }
  ExpectRefused(Request({{"host", "b.example"}}));
  ExpectRefused(Request({{"host", "a.example"}, {"host", "a.example"}}));
}

TEST_P(Http2AttackTest, H2_05_HostAloneBecomesTheAuthority) {
  Send(Headers(
      1,
      Block(
          {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "B.Example:8080"}})));
  ASSERT_EQ(host_.sinks.size(), 1u);
  EXPECT_EQ(host_.sinks[0]->authority, "b.example:8080");
  EXPECT_TRUE(host_.sinks[0]->headers.empty());
}

TEST_P(Http2AttackTest, H2_06_SchemeIsLowerCasedOr400) {
  const auto with_scheme = [&](const char* scheme) {
    return Block({{":method", "GET"}, {":scheme", scheme}, {":authority", "a"}, {":path", "/"}});
  };
  Send(Headers(1, with_scheme("HttPs")));
  ASSERT_EQ(host_.sinks.size(), 1u);
  EXPECT_EQ(host_.sinks[0]->scheme, "https");
  Send(Headers(3, with_scheme("http")));
  Send(Headers(5, with_scheme("ftp")));
  EXPECT_EQ(host_.sinks.size(), 1u);
  ASSERT_EQ(host_.bad_requests.size(), 2u);
  EXPECT_EQ(host_.bad_requests[0].status, 400);
  EXPECT_EQ(host_.bad_requests[1].status, 400);
}

TEST_P(Http2AttackTest, H2_07_MethodWithSpaceOrLineEndResetsTheStream) {
  for (const char* bad : {"", "GET /x HTTP/1.1", "GET\r\nhost: x", "G(T"}) {
    ExpectRefused({{":method", bad}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}});
  }
}

TEST_P(Http2AttackTest, H2_08_ContentLengthMismatchResetsTheStream) {
  ExpectRefused(Request({{"content-length", "5"}}));
  ExpectRefused(Request({{"content-length", "5"}, {"content-length", "5"}}), kOpen);
  for (const char* bad : {"", "+5", "-0", "0x5", "5 5", "5,5", "99999999999999999999"}) {
    ExpectRefused(Request({{"content-length", bad}}), kOpen);
  }
}

TEST_P(Http2AttackTest, H2_08_BodyBeyondContentLengthResetsTheStream) {
  Send(Headers(1, Block(Request({{"content-length", "4"}})), kOpen));
  Send(Data(1, "12345"));
  ASSERT_EQ(host_.sinks.size(), 1u);
  ASSERT_TRUE(host_.sinks[0]->reset.has_value());
  EXPECT_LE(host_.sinks[0]->body.size(), 4u);
  ExpectReset(1);
}

TEST_P(Http2AttackTest, H2_08_BodyShorterThanContentLengthResetsTheStream) {
  Send(Headers(1, Block(Request({{"content-length", "8"}})), kOpen));
  Send(Data(1, "1234"));
  Send(Data(1, "567", kFlagEndStream));
  ASSERT_TRUE(host_.sinks[0]->reset.has_value());
  EXPECT_FALSE(host_.sinks[0]->ended);
  ExpectReset(1);
}

TEST_P(Http2AttackTest, H2_08_TrailersThatEndTooEarlyResetTheStream) {
  Send(Headers(1, Block(Request({{"content-length", "8"}})), kOpen));
  Send(Data(1, "1234") + Headers(1, Block({{"x-sum", "1"}})));
  ASSERT_TRUE(host_.sinks[0]->reset.has_value());
  EXPECT_FALSE(host_.sinks[0]->ended);
  ExpectReset(1);
}

TEST_P(Http2AttackTest, H2_09_SixtyKilobytesOfHeadersAreWholeOr431) {
  const std::string value(10000, 'v');
  FieldList big;
  for (int i = 0; i < 6; ++i) big.emplace_back("x" + std::to_string(i), value);
  const std::string block = Block(Request(big));
  std::string frames = Headers(1, block.substr(0, 16000), kFlagEndStream);
  for (size_t at = 16000; at < block.size(); at += 16000) {
    frames += Continuation(1, block.substr(at, 16000),
                           at + 16000 >= block.size() ? kFlagEndHeaders : uint8_t{0});
  }
  Send(frames);
  ASSERT_EQ(host_.sinks.size(), 1u);
  EXPECT_EQ(host_.sinks[0]->headers, big);
}

TEST_P(Http2AttackTest, H2_10_ConnectFormsThatAreNotOursResetTheStream) {
  ExpectRefused({{":method", "CONNECT"}, {":authority", "a:80"}, {":path", "/"}});
  ExpectRefused({{":method", "CONNECT"}, {":authority", "a:80"}, {":scheme", "https"}});
  ExpectRefused({{":method", "CONNECT"}});
  ExpectRefused(Request({{":protocol", "websocket"}}));
  FieldList unadvertised = {{":method", "CONNECT"},
                            {":protocol", "websocket"},
                            {":scheme", "https"},
                            {":authority", "a"},
                            {":path", "/"}};
  ExpectRefused(unadvertised);
  options_.allow_connect = true;
  unadvertised[1].second = "h2c";
  ExpectRefused(unadvertised);
  FieldList without_connect = unadvertised;
  without_connect[0].second = "GET";
  without_connect[1].second = "websocket";
  ExpectRefused(without_connect);
}

TEST_P(Http2AttackTest, H2_10_ExtendedConnectWhenAdvertisedIsAnUpgrade) {
  options_.allow_connect = true;
  Start();
  Send(Headers(1,
               Block({{":method", "CONNECT"},
                      {":protocol", "WebSocket"},
                      {":scheme", "https"},
                      {":authority", "a"},
                      {":path", "/chat"}}),
               kOpen));
  ASSERT_EQ(host_.sinks.size(), 1u);
  EXPECT_EQ(host_.sinks[0]->method, "GET");
  EXPECT_EQ(host_.sinks[0]->upgrade, "websocket");
  EXPECT_EQ(host_.sinks[0]->path, "/chat");
}

TEST_P(Http2AttackTest, H2_11_BrokenHpackEndsTheConnection) {
  for (const std::string& block : {
           std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff"),  // An integer without end.
           std::string("\xfe"),                                  // An index past the table.
           std::string("\x3f\xe2\x1f"),                          // A table of 4097 bytes.
           std::string("\x40\x81\xff\x01z"),                     // EOS as padding.
       }) {
    Start();
    Send(Headers(1, block));
    EXPECT_TRUE(host_.sinks.empty());
    ExpectGoAway(ErrorCode::kCompressionError);
  }
}

TEST_P(Http2AttackTest, H2_12_HpackBombIsDecodedNotCopiedAndAnswered431) {
  // One entry as large as the deflater indexes, then an indexed reference to it thousands of times.
  const std::string bomb = Block(Request({{"x-bomb", std::string(3000, 'b')}}));
  Send(Headers(1, bomb));
  ASSERT_EQ(host_.sinks.size(), 1u);
  BlockDecoder decoder;
  std::string block = Block(Request());
  block += std::string(16000, '\xbe');  // Index 62: the youngest entry.
  Send(Headers(3, block.substr(0, 16000), kFlagEndStream) +
       Continuation(3, block.substr(16000), kFlagEndHeaders));
  EXPECT_EQ(host_.sinks.size(), 1u);
  ASSERT_EQ(host_.bad_requests.size(), 1u);
  EXPECT_EQ(host_.bad_requests[0].status, 431);
  ASSERT_NE(Last(FrameType::kHeaders), nullptr);
  EXPECT_EQ(decoder.Decode(Last(FrameType::kHeaders)->payload)[0].second, "431");
  EXPECT_EQ(Last(FrameType::kGoAway), nullptr);
  // The table is still in step.
  Send(Good(5));
  EXPECT_EQ(host_.sinks.size(), 2u);
}

TEST_P(Http2AttackTest, H2_12_CookieCrumbsAndDiscardedHostsCount) {
  FieldList crumbs;
  for (int i = 0; i < 4000; ++i) crumbs.emplace_back("cookie", "a");
  FieldList hosts;
  for (int i = 0; i < 101; ++i) hosts.emplace_back("http2-settings", "");
  uint32_t id = 1;
  for (const FieldList& fields : {crumbs, hosts}) {
    Send(Headers(id, Block(Request(fields))));
    EXPECT_TRUE(host_.sinks.empty());
    ASSERT_EQ(host_.bad_requests.size(), (id + 1) / 2);
    EXPECT_EQ(host_.bad_requests.back().status, 431);
    id += 2;
  }
}

TEST_P(Http2AttackTest, H2_12_OverlongPathIs414) {
  options_.limits.max_uri_bytes = 100;
  Start();
  Send(Headers(1, Block({{":method", "GET"},
                         {":scheme", "https"},
                         {":authority", "a"},
                         {":path", "/" + std::string(100, 'p')}})));
  ASSERT_EQ(host_.bad_requests.size(), 1u);
  EXPECT_EQ(host_.bad_requests[0].status, 414);
}

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
  for (const std::string& frame :
       {WindowUpdate(1, 0), Priority(1, 1), Headers(1, ""), Data(1, "x"),
        WindowUpdate(1, 0x7fffffff), RawFrame(FrameType::kPriority, 0, 1, "1234")}) {
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
