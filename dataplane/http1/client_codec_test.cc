// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/client_codec.h"

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dataplane/http1/client_fixture.h"
#include "gtest/gtest.h"

namespace sluice::http1 {
namespace {

using http::Framing;

TEST(Http1ClientCodecTest, WritesOriginFormWithHostFirst) {
  ClientFixture f;
  f.request.path = "/p?q=1";
  f.request.headers.Add("x-a", "1");
  f.Ask();
  EXPECT_EQ(f.output(), "GET /p?q=1 HTTP/1.1\r\nhost: a.example\r\nx-a: 1\r\n\r\n");
}

TEST(Http1ClientCodecTest, FramesBodiesAsTheHeadSays) {
  ClientFixture f;
  f.Ask("POST");
  EXPECT_TRUE(absl::StrContains(f.output(), "\r\ncontent-length: 0\r\n"));
  ClientFixture length;
  length.AskWithBody({Framing::Kind::kLength, 5});
  length.Send("hello", true);
  EXPECT_EQ(length.output(),
            "POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 5\r\n\r\nhello");
  ClientFixture chunked;
  chunked.AskWithBody({Framing::Kind::kStreamed, 0});
  chunked.Send("hello", true);
  EXPECT_EQ(chunked.output(),
            "POST / HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n"
            "5\r\nhello\r\n0\r\n\r\n");
}

TEST(Http1ClientCodecTest, WritesTheFieldsOfTheHopFromTheHead) {
  ClientFixture f;
  f.request.accepts_trailers = true;
  f.request.expects_continue = true;
  f.request.headers.Add(http::HeaderId::kHost, "evil");
  f.request.headers.Add(http::HeaderId::kTransferEncoding, "chunked");
  f.Ask();
  EXPECT_EQ(f.output(),
            "GET / HTTP/1.1\r\nhost: a.example\r\nconnection: te\r\nte: trailers\r\n"
            "expect: 100-continue\r\n\r\n");
}

TEST(Http1ClientCodecTest, RefusesAHeadThatWouldBreakItsLine) {
  for (const char* path : {"/a b", "/a\r\nX: y", ""}) {
    ClientFixture f;
    f.request.path = path;
    f.Ask();
    EXPECT_EQ(f.output(), "");
    EXPECT_EQ(f.Record(), "reset illegal-request-head");
    EXPECT_TRUE(f.codec.finished());
  }
  ClientFixture method;
  method.Ask("GET / HTTP/1.1\r\nX:");
  EXPECT_EQ(method.Record(), "reset illegal-request-head");
}

TEST(Http1ClientCodecTest, ServesOneRequestAfterAnother) {
  ClientFixture f;
  EXPECT_TRUE(f.codec.can_open_stream());
  f.Ask();
  EXPECT_FALSE(f.codec.can_open_stream());
  f.Feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok");
  EXPECT_EQ(f.Record(), "response 200 x-a=1\ndata ok\nend\ncomplete");
  EXPECT_TRUE(f.codec.can_open_stream());
  f.Ask();
  f.Feed("HTTP/1.1 204\r\n\r\n");
  EXPECT_EQ(f.completed, 2u);
}

TEST(Http1ClientCodecTest, NoCutOfTheBytesChangesWhatHappens) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
      "4\r\nwiki\r\n5;e\r\npedia\r\n0\r\nX-Sum: 9\r\n\r\n";
  const std::string expected =
      "informational 100\ninformational 103 link=</a>\nresponse 200 trailer=x-sum\n"
      "data wikipedia\ntrailers x-sum=9\nend\ncomplete";
  for (size_t cut = 1; cut <= bytes.size(); ++cut) {
    ClientFixture f;
    f.Ask();
    f.Feed(std::string_view(bytes).substr(0, cut));
    f.Feed(std::string_view(bytes).substr(cut));
    ASSERT_EQ(f.Record(), expected) << cut;
    ASSERT_TRUE(f.codec.can_open_stream());
  }
}

TEST(Http1ClientCodecTest, ABodyUntilCloseEndsWithTheConnection) {
  ClientFixture f;
  f.Ask();
  f.Feed("HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_EQ(f.completed, 0u);
  f.Eof();
  EXPECT_EQ(f.Record(), "response 200\ndata hello\nend\ncomplete");
  EXPECT_FALSE(f.codec.can_open_stream());
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ClientCodecTest, ABodyUntilCloseThatIsPausedIsNotLost) {
  ClientFixture f;
  f.pause_on_data = true;
  f.Ask();
  f.Feed("HTTP/1.1 200 OK\r\n\r\nhel");
  f.Feed("lo");
  f.Eof();
  EXPECT_EQ(f.body, "hel");
  f.pause_on_data = false;
  f.stream->ResumeReceiving();
  f.Produce();
  EXPECT_EQ(f.body, "hello");
  EXPECT_EQ(f.completed, 1u);
}

TEST(Http1ClientCodecTest, ConnectionsThatDoNotPersistAreNotReused) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                           "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    ClientFixture f;
    f.Ask();
    f.Feed(head);
    EXPECT_EQ(f.completed, 1u);
    EXPECT_FALSE(f.codec.can_open_stream());
    EXPECT_TRUE(f.codec.finished());
  }
  ClientFixture stays;
  stays.Ask();
  stays.Feed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n");
  EXPECT_TRUE(stays.codec.can_open_stream());
}

TEST(Http1ClientCodecTest, AnAnswerBeforeTheRequestIsCompleteCostsTheConnection) {
  ClientFixture f;
  f.AskWithBody({Framing::Kind::kLength, 10});
  f.Feed("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(f.Record(), "response 413\nend");
  f.Send("0123456789", true);
  EXPECT_EQ(f.completed, 1u);
  EXPECT_FALSE(f.codec.can_open_stream());
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ClientCodecTest, ABrokenDeclaredLengthCostsTheConnection) {
  ClientFixture f;
  f.AskWithBody({Framing::Kind::kLength, 10});
  f.Send("short", true);
  f.Feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(f.codec.can_open_stream());
}

TEST(Http1ClientCodecTest, AnUpgradeBecomesATunnelAndHeldBytesFollow) {
  ClientFixture f;
  f.Ask("GET", "websocket");
  EXPECT_EQ(
      f.TakeOutput(),
      "GET / HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  f.Send("hasty", false);
  EXPECT_EQ(f.output(), "");
  f.Feed(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
      "X-A: 1\r\n\r\nraw");
  EXPECT_EQ(f.TakeOutput(), "hasty");
  EXPECT_EQ(f.Record(), "response 101 x-a=1\ndata raw");
  f.Send("more", false);
  EXPECT_EQ(f.TakeOutput(), "more");
  // Half closed by the upstream: our direction goes on.
  f.Eof();
  EXPECT_EQ(f.Record(), "response 101 x-a=1\ndata raw\nend");
  f.Send("last", true);
  EXPECT_EQ(f.TakeOutput(), "last");
  EXPECT_EQ(f.completed, 1u);
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ClientCodecTest, ARefusedUpgradeEndsTheRequestAndDropsWhatWasHeld) {
  ClientFixture f;
  f.Ask("GET", "websocket");
  f.TakeOutput();
  f.Send("GET /smuggled HTTP/1.1\r\n\r\n", false);
  f.Feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(f.output(), "");
  EXPECT_EQ(f.completed, 1u);
  EXPECT_FALSE(f.codec.can_open_stream());
}

TEST(Http1ClientCodecTest, AHeadWithoutFramingHasNoBodyEvenIfItsEndWasNotTold) {
  ClientFixture f;
  f.stream = &f.codec.NewStream(f);
  f.stream->SendRequest(f.request, false);
  f.Produce();
  EXPECT_EQ(f.output(), "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
  f.Feed("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(f.completed, 1u);
  EXPECT_TRUE(f.codec.can_open_stream());
}

TEST(Http1ClientCodecTest, ConnectTunnelsOnAnySuccess) {
  ClientFixture f;
  f.request.authority = "h:443";
  f.Ask("CONNECT");
  EXPECT_EQ(f.TakeOutput(), "CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n");
  f.Feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nraw bytes");
  EXPECT_EQ(f.Record(), "response 200\ndata raw bytes");
}

TEST(Http1ClientCodecTest, RetryIsSafeBeforeAnythingLeftAndPossibleOnAReusedConnection) {
  ClientFixture fresh;
  fresh.Ask();
  fresh.Eof();
  EXPECT_EQ(fresh.Record(), "reset upstream-closed-before-response");
  EXPECT_EQ(fresh.last_error.retry, http::Retry::kNever);

  ClientFixture reused;
  reused.Ask();
  reused.Feed("HTTP/1.1 204 No Content\r\n\r\n");
  reused.Ask();
  reused.Eof();
  EXPECT_EQ(reused.last_error.retry, http::Retry::kIfReused);

  ClientFixture unsent;
  unsent.stream = &unsent.codec.NewStream(unsent);
  unsent.stream->SendRequest(unsent.request, true);
  unsent.codec.OnEof();
  EXPECT_EQ(unsent.last_error.retry, http::Retry::kSafe);

  ClientFixture begun;
  begun.Ask();
  begun.Feed("HTTP/1.1 20");
  begun.Eof();
  EXPECT_EQ(begun.Record(), "reset upstream-closed-in-head");
  EXPECT_EQ(begun.last_error.retry, http::Retry::kNever);
}

TEST(Http1ClientCodecTest, AResetClosesTheConnectionWherever) {
  ClientFixture outside;
  outside.Ask();
  outside.stream->Reset(
      {http::ErrorKind::kReset, http::Side::kDownstream, http::Retry::kNever, "test"});
  EXPECT_TRUE(outside.codec.finished());
  EXPECT_EQ(outside.codec.active_streams(), 0u);
  ClientFixture inside;
  inside.reset_on_response = true;
  inside.Ask();
  inside.Feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(inside.Record(), "response 200");
  EXPECT_TRUE(inside.codec.finished());
}

TEST(Http1ClientCodecTest, TheSinkIsPausedAboveTheHighMarkAndCalledAtHalfOfIt) {
  http::Http1Options options;
  options.limits.stream_buffer_bytes = 1000;
  ClientFixture f(options);
  f.AskWithBody({Framing::Kind::kStreamed, 0});
  base::Buffer data;
  data.AppendCopy(std::string(2000, 'x'));
  f.stream->SendData(data, false);
  EXPECT_TRUE(f.stream->ShouldPause());
  f.Produce();
  EXPECT_FALSE(f.stream->ShouldPause());
  EXPECT_EQ(f.can_sends, 1u);
}

TEST(Http1ClientCodecTest, DrainTakesNoNewStream) {
  ClientFixture f;
  f.Ask();
  f.codec.Drain();
  EXPECT_FALSE(f.codec.finished());
  f.Feed("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(f.completed, 1u);
  EXPECT_TRUE(f.codec.finished());
}

// One test a line of the attack list (UP-01 to UP-06), as far as the codec sees them.

void ExpectU502(std::string_view response, std::string_view detail) {
  ClientFixture whole;
  whole.Ask();
  whole.Feed(response);
  EXPECT_EQ(whole.Record(), absl::StrCat("reset ", detail)) << response.substr(0, 200);
  EXPECT_EQ(whole.last_error.side, http::Side::kUpstream);
  EXPECT_EQ(whole.last_error.retry, http::Retry::kNever);
  EXPECT_TRUE(whole.codec.finished());
  EXPECT_FALSE(whole.codec.can_open_stream());
  ClientFixture split;
  split.Ask();
  for (const char c : response) split.Feed({&c, 1});
  EXPECT_EQ(split.Record(), whole.Record()) << response.substr(0, 200);
}

TEST(Http1UpstreamAttackTest, UP_01_MalformedHeadsNeverReachTheClient) {
  ExpectU502("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
             "both-lengths");
  ExpectU502("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
             "several-content-lengths");
  ExpectU502("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "obs-fold");
  ExpectU502(std::string_view("HTTP/1.1 200 OK\r\nX: a\0\r\n\r\n", 26), "control-in-field-value");
  ExpectU502("HTTP/1.1 99 OK\r\n\r\n", "bad-status-line");
  ExpectU502("HTTP/1.1 099 OK\r\n\r\n", "bad-status");
  ExpectU502("HTTP/1.1 600 OK\r\n\r\n", "bad-status");
  ExpectU502("HTTP/1.1 1000 OK\r\n\r\n", "bad-status-line");
  ExpectU502("HTTP/1.1 200 OK\nX: a\r\n\r\n", "bare-lf");
  ExpectU502("HTTP/1.1 200 O\rK\r\n\r\n", "bare-cr");
  ExpectU502("HTTP/2.0 200 OK\r\n\r\n", "unsupported-version");
  ExpectU502("ICY 200 OK\r\n\r\n", "bad-status-line");
  ExpectU502("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
             "bad-transfer-encoding");
  ExpectU502("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
             "transfer-encoding-in-http-1.0");
  std::string lines;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&lines, "x", i, ": v\r\n");
  ExpectU502(absl::StrCat("HTTP/1.1 200 OK\r\n", lines, "\r\n"), "too-many-fields");
  ExpectU502(absl::StrCat("HTTP/1.1 200 OK\r\nX: ", std::string(64 * 1024, 'v'), "\r\n\r\n"),
             "headers-too-large");
}

TEST(Http1UpstreamAttackTest, UP_01_ABadChunkResetsWhatHasBegun) {
  ClientFixture f;
  f.Ask();
  f.Feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n");
  EXPECT_EQ(f.Record(), "response 200\ndata ok\nreset bad-chunk-size");
  EXPECT_FALSE(f.codec.can_open_stream());
}

TEST(Http1UpstreamAttackTest, UP_01_SpaceBeforeTheColonIsRemoved) {
  ClientFixture f;
  f.Ask();
  f.Feed("HTTP/1.1 200 OK\r\nX-A \t: 1\r\nContent-Length : 2\r\n\r\nok");
  EXPECT_EQ(f.Record(), "response 200 x-a=1\ndata ok\nend\ncomplete");
}

TEST(Http1UpstreamAttackTest, UP_02_BytesOnAnIdleConnectionAreNobodysAnswer) {
  ClientFixture f;
  f.Feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(f.codec.can_open_stream());
  EXPECT_TRUE(f.codec.finished());
  EXPECT_EQ(f.left_unread(), 0u);
  ClientFixture unsent;
  unsent.stream = &unsent.codec.NewStream(unsent);
  unsent.stream->SendRequest(unsent.request, true);
  unsent.Feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(unsent.Record(), "reset response-before-request");
  EXPECT_EQ(unsent.last_error.retry, http::Retry::kSafe);
}

TEST(Http1UpstreamAttackTest, UP_03_SurplusBytesCostTheConnection) {
  ClientFixture f;
  f.Ask();
  f.Feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(f.Record(), "response 200\ndata ok\nend\ncomplete");
  EXPECT_FALSE(f.codec.can_open_stream());
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1UpstreamAttackTest, UP_04_HeadAnd304KeepTheirLengthAndTheConnection) {
  ClientFixture head;
  head.Ask("HEAD");
  head.Feed("HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n");
  EXPECT_EQ(head.Record(), "response 200\nend\ncomplete");
  EXPECT_EQ(head.framing.kind, Framing::Kind::kLength);
  EXPECT_EQ(head.framing.length, 42u);
  EXPECT_TRUE(head.codec.can_open_stream());
  ClientFixture not_modified;
  not_modified.Ask();
  not_modified.Feed("HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\n\r\n");
  EXPECT_EQ(not_modified.framing.length, 42u);
  EXPECT_TRUE(not_modified.codec.can_open_stream());
}

TEST(Http1UpstreamAttackTest, UP_04_BodyBytesWhereNoneMayBeAreDiscarded) {
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    ClientFixture f;
    f.Ask();
    f.Feed(absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: 4\r\n\r\nbody"));
    EXPECT_EQ(f.body, "");
    EXPECT_EQ(f.completed, 1u);
    EXPECT_FALSE(f.codec.can_open_stream());
  }
  ClientFixture head;
  head.Ask("HEAD");
  head.Feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
  EXPECT_EQ(head.body, "");
  EXPECT_FALSE(head.codec.can_open_stream());
}

TEST(Http1UpstreamAttackTest, UP_05_InterimAnswersAreFewAndSwitchesAreAskedFor) {
  std::string interim;
  for (int i = 0; i < 8; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  ClientFixture few;
  few.Ask();
  few.Feed(absl::StrCat(interim, "HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(few.completed, 1u);
  ClientFixture many;
  many.Ask();
  many.Feed(absl::StrCat(interim, "HTTP/1.1 102 Processing\r\n\r\n"));
  EXPECT_TRUE(absl::EndsWith(many.Record(), "reset too-many-informational"));
  ExpectU502("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n",
             "unasked-101");
  for (const auto& [fields, detail] :
       {std::pair{"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n",
                  "body-with-101"},
        std::pair{"Connection: upgrade\r\nUpgrade: other\r\n", "upgrade-mismatch"},
        std::pair{"Upgrade: websocket\r\n", "upgrade-mismatch"}}) {
    ClientFixture f;
    f.Ask("GET", "websocket");
    f.Feed(absl::StrCat("HTTP/1.1 101 Switching Protocols\r\n", fields, "\r\n"));
    EXPECT_EQ(f.Record(), absl::StrCat("reset ", detail));
  }
}

TEST(Http1UpstreamAttackTest, UP_06_AShortBodyIsAReset) {
  ClientFixture length;
  length.Ask();
  length.Feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok");
  length.Eof();
  EXPECT_EQ(length.Record(), "response 200\ndata ok\nreset upstream-closed-mid-body");
  EXPECT_EQ(length.last_error.kind, http::ErrorKind::kConnectionClosed);
  ClientFixture chunked;
  chunked.Ask();
  chunked.Feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n");
  chunked.Eof();
  EXPECT_EQ(chunked.Record(), "response 200\ndata ok\nreset upstream-closed-mid-body");
}

}  // namespace
}  // namespace sluice::http1
