// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http1/server_codec.h"

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dataplane/http1/server_fixture.h"
#include "gtest/gtest.h"

namespace sluice::http1 {
namespace {

using http::Framing;
using http::Http1Options;
using Answer = ServerFixture::Answer;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

Http1Options WithHttp10() {
  Http1Options options;
  options.accept_http_10 = true;
  return options;
}

TEST(Http1ServerCodecTest, AnswersAndKeepsTheConnection) {
  ServerFixture f;
  f.Feed(kGet);
  EXPECT_EQ(f.TakeOutput(), kOk);
  EXPECT_EQ(f.codec.active_streams(), 0u);
  EXPECT_FALSE(f.codec.finished());
  f.Feed(kGet);
  EXPECT_EQ(f.output(), kOk);
}

// Every byte of a conversation of several requests is a place to cut it; wherever that is, the
// exchange must hear the same and the client must read the same.
TEST(Http1ServerCodecTest, NoCutOfTheBytesChangesWhatHappens) {
  const std::string bytes = absl::StrCat(
      kGet, "\r\nPOST /p?q HTTP/1.1\r\nHost: B.example:80\r\nContent-Length: 11\r\nX-A: 1\r\n\r\n",
      "hello world", "PUT /c HTTP/1.1\r\nhost:b\r\nTransfer-Encoding: Chunked\r\n\r\n",
      "4;ext=\"a\"\r\nwiki\r\n5\r\npedia\r\n0\r\nX-Sum: 9 \r\n\r\n",
      "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nleft over");
  ServerFixture whole;
  whole.Feed(bytes);
  EXPECT_EQ(whole.Record(),
            "request GET a /x\nend\ncomplete\n"
            "request POST b.example:80 /p?q x-a=1\ndata hello world\nend\ncomplete\n"
            "request PUT b /c\ndata wikipedia\ntrailers x-sum=9;\nend\ncomplete\n"
            "request HEAD a /\nend\ncomplete");
  EXPECT_TRUE(whole.codec.finished());
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    ServerFixture f;
    f.Feed(std::string_view(bytes).substr(0, cut));
    f.Feed(std::string_view(bytes).substr(cut));
    ASSERT_EQ(f.Record(), whole.Record()) << cut;
    ASSERT_EQ(f.output(), whole.output()) << cut;
  }
}

TEST(Http1ServerCodecTest, APipelinedRequestWaitsForTheAnswerInFront) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(absl::StrCat(kGet, "GET /y HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(f.requests, 1u);
  f.Respond(200, "ok");
  EXPECT_EQ(f.requests, 1u);
  f.Produce();
  EXPECT_EQ(f.requests, 2u);
  EXPECT_EQ(f.request->path, "/y");
}

TEST(Http1ServerCodecTest, ConnectionCloseEndsTheConnection) {
  ServerFixture f;
  f.Feed("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n");
  EXPECT_EQ(f.output(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, Http10ClosesUnlessAskedToStay) {
  ServerFixture closes(WithHttp10());
  closes.Feed("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(absl::StrContains(closes.output(), "connection: close\r\n"));
  EXPECT_TRUE(closes.codec.finished());
  ServerFixture stays(WithHttp10());
  stays.Feed("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(absl::StrContains(stays.output(), "connection: keep-alive\r\n"));
  EXPECT_FALSE(stays.codec.finished());
}

TEST(Http1ServerCodecTest, Http10TakesTheDefaultHost) {
  Http1Options options = WithHttp10();
  ServerFixture without(options);
  without.Feed("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(without.bad_detail, "missing-host");
  options.default_host_for_http_10 = "D.example";
  ServerFixture with(options, Answer::kNever);
  with.Feed("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(with.request->authority, "d.example");
  EXPECT_EQ(with.options.default_host_for_http_10, "D.example");
}

TEST(Http1ServerCodecTest, AStreamedBodyIsChunkedForHttp11AndUntilCloseForHttp10) {
  ServerFixture f(WithHttp10(), Answer::kNever);
  f.Feed(kGet);
  f.RespondHead(200, {Framing::Kind::kStreamed, 0}, false);
  f.Send("hello", false);
  f.Send("", false);
  f.Send("0123456789abcdef!", true);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"
            "11\r\n0123456789abcdef!\r\n0\r\n\r\n");
  f.Feed("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  f.RespondHead(200, {Framing::Kind::kStreamed, 0}, false);
  f.Send("hello", true);
  f.Produce();
  EXPECT_EQ(f.output(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, TrailersFollowAChunkedBodyOnly) {
  base::Arena arena;
  http::HeaderMap trailers;
  trailers.Add("x-sum", "1");
  trailers.Add(http::HeaderId::kContentLength, "5");
  trailers.Add("x-bad", "a\nb");
  ServerFixture f({}, Answer::kNever);
  f.Feed(kGet);
  f.RespondHead(200, {Framing::Kind::kStreamed, 0}, false);
  f.stream->SendTrailers(trailers);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n\r\n");
  EXPECT_EQ(f.completed, 1u);
  f.Feed(kGet);
  f.RespondHead(200, {Framing::Kind::kLength, 1}, false);
  f.Send("x", false);
  f.stream->SendTrailers(trailers);
  f.Produce();
  EXPECT_EQ(f.output(), "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
  EXPECT_EQ(f.completed, 2u);
}

TEST(Http1ServerCodecTest, AnswersWithoutBodyHaveNone) {
  ServerFixture f({}, Answer::kNever);
  f.Feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.RespondHead(200, {Framing::Kind::kLength, 42}, true);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\n");
  f.Feed(kGet);
  f.RespondHead(304, {Framing::Kind::kLength, 42}, true);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "HTTP/1.1 304 Not Modified\r\ncontent-length: 42\r\n\r\n");
  f.Feed(kGet);
  f.RespondHead(204, {Framing::Kind::kLength, 42}, false);
  f.Send("dropped", true);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "HTTP/1.1 204 No Content\r\n\r\n");
  f.Feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  f.Respond(200, "dropped");
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n");
  EXPECT_EQ(f.completed, 4u);
}

TEST(Http1ServerCodecTest, ErrorRepliesToHeadHaveNoBody) {
  ServerFixture f;
  f.Feed("HEAD / HTTP/1.1\r\nHost : a\r\n\r\n");
  EXPECT_TRUE(absl::EndsWith(f.output(), "\r\n\r\n"));
  ServerFixture body;
  body.Feed("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  EXPECT_TRUE(absl::EndsWith(body.output(),
                             "\r\ncontent-type: application/problem+json\r\ncontent-length: "
                             "88\r\nconnection: close\r\n\r\n{\"type\":\"about:blank\",\"title\":"
                             "\"Bad Request\",\"status\":400,\"reason\":\"space-before-colon\"}\n"))
      << body.output();
  EXPECT_EQ(body.bad_raw, "GET / HTTP/1.1\r\nhost : a\r\n\r\n");
}

TEST(Http1ServerCodecTest, ADeclaredLengthIsKept) {
  ServerFixture over({}, Answer::kNever);
  over.Feed(kGet);
  over.RespondHead(200, {Framing::Kind::kLength, 2}, false);
  over.Send("okHTTP/1.1 200 OK", true);
  over.Produce();
  EXPECT_EQ(over.output(), kOk);
  EXPECT_TRUE(over.codec.finished());
  ServerFixture under({}, Answer::kNever);
  under.Feed(kGet);
  under.RespondHead(200, {Framing::Kind::kLength, 5}, false);
  under.Send("ok", true);
  under.Produce();
  EXPECT_TRUE(under.codec.finished());
}

TEST(Http1ServerCodecTest, ContinueIsSentWhenTheExchangeSaysSo) {
  ServerFixture f({}, Answer::kNever);
  f.Feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(f.request->expects_continue);
  EXPECT_TRUE(f.fields.empty());
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 100;
  f.stream->SendInformational(head);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "HTTP/1.1 100 Continue\r\n\r\n");
  f.Feed("hi");
  EXPECT_EQ(f.body, "hi");
  f.Respond(200, "ok");
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), kOk);
}

TEST(Http1ServerCodecTest, AnUpgradeBecomesATunnelAndHeldBytesFollow) {
  ServerFixture f({}, Answer::kNever);
  f.Feed("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nhasty");
  EXPECT_EQ(f.Record(), "request GET a /ws upgrade=websocket");
  f.RespondHead(101, {}, false);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(),
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: "
            "websocket\r\n\r\n");
  EXPECT_EQ(f.body, "hasty");
  f.Feed("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(f.body, "hastyGET / HTTP/1.1\r\n\r\n");
  f.Send("raw", false);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "raw");
  // Half closed by the client: our direction goes on.
  f.Eof();
  EXPECT_TRUE(absl::EndsWith(f.Record(), "\nend"));
  f.Send("still", true);
  f.Produce();
  EXPECT_EQ(f.TakeOutput(), "still");
  EXPECT_EQ(f.completed, 1u);
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, TheEndOfOurTunnelDirectionEndsTheTunnel) {
  ServerFixture f({}, Answer::kNever);
  f.Feed("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
  EXPECT_EQ(f.Record(), "request CONNECT h:443 ");
  f.RespondHead(200, {}, false);
  f.Send("bye", true);
  f.Produce();
  EXPECT_EQ(f.output(), "HTTP/1.1 200 OK\r\n\r\nbye");
  EXPECT_EQ(f.Record(), "request CONNECT h:443 \nend\ncomplete");
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, ARefusedUpgradeWithBytesBehindItCloses) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(absl::StrCat(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", kGet));
  f.Respond(403, "no");
  f.Produce();
  EXPECT_TRUE(absl::StrContains(f.output(), "connection: close"));
  EXPECT_EQ(f.requests, 1u);
  EXPECT_EQ(f.Record(), "request GET a /ws upgrade=websocket\nend\ncomplete");
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, ARefusedUpgradeAloneKeepsTheConnection) {
  ServerFixture f({}, Answer::kNever);
  f.Feed("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  f.Respond(403, "no");
  f.Produce();
  EXPECT_EQ(f.completed, 1u);
  f.Feed(kGet);
  EXPECT_EQ(f.requests, 2u);
}

// The sink owns the head and edits it; what the client was promised does not move.
TEST(Http1ServerCodecTest, EditsOfTheHeadDoNotChangeHowTheAnswerIsRead) {
  ServerFixture upgrade({}, Answer::kNever);
  upgrade.Feed("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  upgrade.request->upgrade = {};
  upgrade.Respond(200, "ok");
  upgrade.Produce();
  EXPECT_EQ(upgrade.output(), kOk);
  upgrade.Feed(kGet);
  EXPECT_EQ(upgrade.requests, 2u);
  ServerFixture head({}, Answer::kNever);
  head.Feed("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  head.request->method = "GET";
  head.Respond(200, "ok");
  head.Produce();
  EXPECT_EQ(head.output(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
}

TEST(Http1ServerCodecTest, ReadingStopsWhileANextRequestWaitsAndIsAskedForAfter) {
  ServerFixture f({}, Answer::kNever);
  f.FeedOnly(kGet);
  EXPECT_TRUE(f.codec.wants_input());
  f.FeedOnly(kGet);
  EXPECT_FALSE(f.codec.wants_input());
  f.Respond(200, "ok");
  f.Produce();
  EXPECT_EQ(f.requests, 2u);
  EXPECT_TRUE(f.codec.wants_input());
}

TEST(Http1ServerCodecTest, AnUnasked101IsNotPassedOn) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(kGet);
  f.RespondHead(101, {}, false);
  f.Produce();
  EXPECT_TRUE(absl::StartsWith(f.output(), "HTTP/1.1 502"));
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, AClientThatLeavesIsReported) {
  ServerFixture idle;
  idle.Eof();
  EXPECT_TRUE(idle.codec.finished());
  EXPECT_EQ(idle.Record(), "");
  ServerFixture head;
  head.Feed("GET / HT");
  head.Eof();
  EXPECT_TRUE(head.codec.finished());
  EXPECT_EQ(head.output(), "");
  ServerFixture body;
  body.Feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
  body.Eof();
  EXPECT_EQ(body.reset_detail, "client-closed-mid-request");
  EXPECT_TRUE(body.codec.finished());
  ServerFixture waiting({}, Answer::kNever);
  waiting.Feed(kGet);
  waiting.Eof();
  EXPECT_EQ(waiting.reset_detail, "client-closed");
  EXPECT_TRUE(waiting.codec.finished());
}

TEST(Http1ServerCodecTest, AnAnswerThatIsCompleteStillGoesOutAfterEof) {
  ServerFixture f;
  f.FeedOnly(kGet);
  f.codec.OnEof();
  f.Produce();
  EXPECT_EQ(f.output(), kOk);
  EXPECT_EQ(f.completed, 1u);
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, EofBehindAPausedBodyWaitsForIt) {
  ServerFixture f;
  f.pause_on_data = true;
  f.Feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
  f.FeedOnly("y");
  f.Eof();
  EXPECT_EQ(f.reset_detail, "");
  f.pause_on_data = false;
  f.stream->ResumeReceiving();
  f.Produce();
  EXPECT_EQ(f.body, "xy");
}

TEST(Http1ServerCodecTest, PausesNestAndResumeAsksForInput) {
  ServerFixture f;
  f.Feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  f.stream->PauseReceiving();
  f.stream->PauseReceiving();
  f.FeedOnly("abc");
  f.stream->ResumeReceiving();
  f.Produce();
  EXPECT_EQ(f.body, "");
  EXPECT_FALSE(f.codec.wants_input());
  f.stream->ResumeReceiving();
  f.Produce();
  EXPECT_EQ(f.body, "abc");
  EXPECT_EQ(f.completed, 1u);
}

TEST(Http1ServerCodecTest, TheSinkIsPausedAboveTheHighMarkAndCalledAtHalfOfIt) {
  Http1Options options;
  options.limits.stream_buffer_bytes = 1000;
  ServerFixture f(options, Answer::kNever);
  f.Feed(kGet);
  f.RespondHead(200, {Framing::Kind::kLength, 5000}, false);
  f.Send(std::string(900, 'x'), false);
  EXPECT_FALSE(f.stream->ShouldPause());
  f.Send(std::string(900, 'x'), false);
  EXPECT_TRUE(f.stream->ShouldPause());
  f.Produce(1000);
  EXPECT_TRUE(f.stream->ShouldPause());
  EXPECT_EQ(f.can_sends, 0u);
  f.Produce(500);
  EXPECT_FALSE(f.stream->ShouldPause());
  EXPECT_EQ(f.can_sends, 1u);
}

TEST(Http1ServerCodecTest, ASmallAnswerIsOnePieceOfMemory) {
  ServerFixture f;
  f.FeedOnly(kGet);
  base::Buffer out;
  f.codec.Produce(out, SIZE_MAX);
  iovec pieces[4];
  EXPECT_EQ(out.FillIovec(absl::MakeSpan(pieces)), 1u);
}

TEST(Http1ServerCodecTest, AResetClosesAndDropsWhatTheClientWouldNotRead) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(kGet);
  f.RespondHead(200, {Framing::Kind::kStreamed, 0}, false);
  f.stream->Reset(
      {http::ErrorKind::kFlushTimeout, http::Side::kDownstream, http::Retry::kNever, "test"});
  EXPECT_TRUE(f.codec.finished());
  EXPECT_EQ(f.codec.active_streams(), 0u);
}

TEST(Http1ServerCodecTest, AResetForTheUpstreamsFaultSendsWhatThereIsWithoutAnEnd) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(kGet);
  f.RespondHead(200, {Framing::Kind::kStreamed, 0}, false);
  f.Send("part", false);
  f.stream->Reset(
      {http::ErrorKind::kConnectionClosed, http::Side::kUpstream, http::Retry::kNever, "test"});
  f.Produce();
  EXPECT_TRUE(absl::EndsWith(f.output(), "\r\n4\r\npart\r\n"));
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, AResetInsideAnEventEndsTheConnectionAndNothingFollows) {
  ServerFixture at_head({}, Answer::kNever);
  at_head.reset_on_request = true;
  at_head.Feed(absl::StrCat("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy", kGet));
  EXPECT_EQ(at_head.Record(), "request POST a /");
  EXPECT_TRUE(at_head.codec.finished());
  ServerFixture at_data({}, Answer::kNever);
  at_data.reset_on_data = true;
  at_data.Feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\nbad");
  EXPECT_EQ(at_data.Record(), "request POST a /\ndata xy");
  EXPECT_TRUE(at_data.codec.finished());
}

TEST(Http1ServerCodecTest, AResetAfterACompleteMessageKeepsTheConnection) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(kGet);
  f.Respond(200, "ok");
  f.stream->Reset({http::ErrorKind::kReset, http::Side::kOurselves, http::Retry::kNever, "test"});
  f.answer = Answer::kAtEnd;
  f.Feed(kGet);
  EXPECT_EQ(f.output(), absl::StrCat(kOk, kOk));
  EXPECT_FALSE(f.codec.finished());
}

TEST(Http1ServerCodecTest, DrainEndsAnIdleConnectionAtOnceAndABusyOneAfterItsAnswer) {
  ServerFixture idle;
  idle.codec.Drain();
  EXPECT_TRUE(idle.codec.finished());
  ServerFixture busy({}, Answer::kNever);
  busy.Feed(kGet);
  busy.codec.Drain();
  EXPECT_FALSE(busy.codec.finished());
  busy.Respond(200, "ok");
  busy.Produce();
  EXPECT_TRUE(absl::StrContains(busy.output(), "connection: close"));
  EXPECT_TRUE(busy.codec.finished());
}

TEST(Http1ServerCodecTest, AHeadThatDoesNotComeInTimeIsAnswered408) {
  ServerFixture f;
  f.codec.OnHeadTimeout();
  EXPECT_FALSE(f.codec.in_head());
  EXPECT_FALSE(f.codec.finished());
  f.Feed(kGet);
  f.TakeOutput();
  f.Feed("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(f.codec.in_head());
  f.codec.OnHeadTimeout();
  f.Produce();
  EXPECT_EQ(f.bad_detail, "header-timeout");
  EXPECT_EQ(f.last_error.kind, http::ErrorKind::kHeaderTimeout);
  EXPECT_TRUE(absl::StartsWith(f.output(), "HTTP/1.1 408 "));
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1ServerCodecTest, FieldsOfTheHopAreWrittenByTheCodecAlone) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(kGet);
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 200;
  head.headers.Add(http::HeaderId::kContentLength, "999");
  head.headers.Add(http::HeaderId::kTransferEncoding, "gzip");
  head.headers.Add(http::HeaderId::kConnection, "close");
  head.headers.Add("x-kept", "");
  f.stream->SendResponse(head, true);
  f.Produce();
  EXPECT_EQ(f.output(), "HTTP/1.1 200 OK\r\nx-kept: \r\ncontent-length: 0\r\n\r\n");
}

TEST(Http1ServerCodecTest, DestructionResetsTheStream) {
  std::string detail;
  class Host : public http::ServerCodecHost, public http::RequestSink {
   public:
    explicit Host(std::string& d) : detail(d) {}
    void OnOutputReady() override {}
    void OnReceiveReady() override {}
    http::RequestSink& OnNewStream(http::ServerStream&) override { return *this; }
    void OnStreamComplete(http::ServerStream&, http::RequestSink&) override {}
    void OnBadRequest(uint16_t, const http::StreamError&, std::string_view) override {}
    void OnRequest(http::RequestHead&, bool) override {}
    void OnData(base::Buffer&, bool) override {}
    void OnTrailers(http::HeaderMap&) override {}
    void OnReset(const http::StreamError& error) override { detail = std::string(error.detail); }
    void OnCanSend() override {}
    std::string& detail;
  } host(detail);
  const Http1Options options;
  {
    Http1ServerCodec codec(options, host);
    base::Buffer in;
    in.AppendCopy(kGet);
    codec.Receive(in);
  }
  EXPECT_EQ(detail, "connection-closed");
}

}  // namespace
}  // namespace sluice::http1
