// SPDX-License-Identifier: Apache-2.0
// Aim:    every line of the HTTP/2 attack list, as far as a codec sees it, has its stated outcome.
// Method: raw frames against a server codec; what came back is cut into frames.
#include <string>
#include <vector>

#include "dataplane/http2/attack_fixture.h"

namespace sluice::http2 {
namespace {

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

}  // namespace
}  // namespace sluice::http2
