// SPDX-License-Identifier: Apache-2.0
// Hostile requests, one test a line of the attack list (H1-01 to H1-29), as far as the codec sees
// them. The method is the same throughout: each payload is fed whole and byte by byte, the record
// of events must be the same, and it must say what the line says.
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dataplane/http1/server_fixture.h"
#include "gtest/gtest.h"

namespace sluice::http1 {
namespace {

using http::Http1Options;
using Answer = ServerFixture::Answer;

std::string_view Bytes(std::string_view s) { return s; }

// A request with these field lines behind a valid Host.
std::string Get(std::string_view lines) {
  return absl::StrCat("GET / HTTP/1.1\r\nHost: a.example\r\n", lines, "\r\n");
}
std::string Post(std::string_view lines, std::string_view body) {
  return absl::StrCat("POST / HTTP/1.1\r\nHost: a.example\r\n", lines, "\r\n", body);
}
std::string Chunked(std::string_view body) { return Post("Transfer-Encoding: chunked\r\n", body); }

// The record of `bytes` fed whole; asserts that feeding them byte by byte gives the same.
std::string RecordOf(std::string_view bytes, const Http1Options& options = {}) {
  ServerFixture whole(options);
  whole.Feed(bytes);
  ServerFixture split(options);
  for (const char c : bytes) split.Feed({&c, 1});
  EXPECT_EQ(whole.Record(), split.Record()) << bytes.substr(0, 200);
  EXPECT_EQ(whole.output(), split.output()) << bytes.substr(0, 200);
  return whole.Record();
}

// Asserts R400: refused by `status` with `connection: close`, no request seen, nothing read after.
void ExpectRefused(std::string_view bytes, std::string_view detail, int status = 400,
                   const Http1Options& options = {}) {
  EXPECT_EQ(RecordOf(bytes, options), absl::StrCat("bad ", status, " ", detail))
      << bytes.substr(0, 200);
  ServerFixture f(options);
  f.Feed(bytes);
  EXPECT_TRUE(absl::StartsWith(f.output(), absl::StrCat("HTTP/1.1 ", status, " "))) << f.output();
  EXPECT_TRUE(absl::StrContains(f.output(), "connection: close\r\n"));
  EXPECT_TRUE(absl::StrContains(f.output(), absl::StrCat("\"reason\":\"", detail, "\"")));
  EXPECT_TRUE(f.codec.finished());
  EXPECT_FALSE(f.codec.wants_input());
  const size_t before = f.output().size();
  f.Feed("GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(f.output().size(), before);
  EXPECT_EQ(f.requests, 0u);
}

// Asserts that a body is refused: the exchange hears a reset, the client 400 and a close.
void ExpectBodyRefused(std::string_view bytes, std::string_view detail, int status = 400) {
  EXPECT_TRUE(absl::EndsWith(RecordOf(bytes), absl::StrCat("reset ", detail)))
      << bytes.substr(0, 200) << "\n"
      << RecordOf(bytes);
  ServerFixture f;
  f.Feed(bytes);
  EXPECT_EQ(f.last_error.kind,
            status == 431 ? http::ErrorKind::kHeadersTooLarge : http::ErrorKind::kProtocol);
  EXPECT_EQ(f.last_error.side, http::Side::kDownstream);
  EXPECT_TRUE(absl::StartsWith(f.output(), absl::StrCat("HTTP/1.1 ", status, " "))) << f.output();
  EXPECT_TRUE(absl::StrContains(f.output(), "connection: close\r\n"));
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1AttackTest, H1_01_BothLengthsAreRefused) {
  ExpectRefused(Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                "both-lengths");
  ExpectRefused(Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
                "both-lengths");
}

TEST(Http1AttackTest, H1_01_ChunkedWinsWhereAllowedAndTheConnectionCloses) {
  Http1Options options;
  options.allow_chunked_length = true;
  ServerFixture f(options);
  f.Feed(Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\nGET "));
  EXPECT_EQ(f.body, "abc");
  EXPECT_TRUE(f.fields.empty());
  EXPECT_TRUE(absl::StrContains(f.output(), "connection: close"));
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1AttackTest, H1_02_SeveralContentLengthsAreRefused) {
  ExpectRefused(Post("Content-Length: 5\r\nContent-Length: 5\r\n", "12345"),
                "several-content-lengths");
  ExpectRefused(Post("Content-Length: 5\r\nContent-Length: 6\r\n", "12345"),
                "several-content-lengths");
  ExpectRefused(Post("Content-Length: 5, 5\r\n", "12345"), "bad-content-length");
}

TEST(Http1AttackTest, H1_03_OddContentLengthsAreRefused) {
  for (const char* value : {"", "+5", "-0", "0x5", "5 5", "5,", "12345678901234567890",
                            "9223372036854775808", "5a", "\"5\""}) {
    ExpectRefused(Post(absl::StrCat("Content-Length: ", value, "\r\n"), "12345"),
                  "bad-content-length");
  }
}

TEST(Http1AttackTest, H1_03_LeadingZerosAreANumber) {
  ServerFixture f;
  f.Feed(Post("Content-Length: 005\r\n", "12345"));
  EXPECT_EQ(f.body, "12345");
  EXPECT_EQ(f.completed, 1u);
}

TEST(Http1AttackTest, H1_04_TransferEncodingIsChunkedOrNothing) {
  for (const char* value : {"chunked, gzip", "identity", "chunked, chunked", "chunked;q=1", "",
                            "gzip, chunked", ",chunked", "chunked,"}) {
    ExpectRefused(Post(absl::StrCat("Transfer-Encoding: ", value, "\r\n"), "0\r\n\r\n"),
                  "bad-transfer-encoding");
  }
  ExpectRefused(Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                "several-transfer-encodings");
  ExpectRefused(Post("Transfer-Encoding: gzip\r\n", ""), "unknown-transfer-coding", 501);
  Http1Options options;
  options.accept_http_10 = true;
  ExpectRefused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "transfer-encoding-in-http-1.0", 400, options);
}

TEST(Http1AttackTest, H1_05_HiddenTransferEncodingIsRefused) {
  ExpectRefused(Post("Transfer-Encoding : chunked\r\n", ""), "space-before-colon");
  ExpectRefused(Post("Transfer-Encoding: \x0b"
                     "chunked\r\n",
                     ""),
                "control-in-field-value");
  ExpectRefused(Post("Transfer-Encoding: xchunked\r\n", ""), "unknown-transfer-coding", 501);
  ExpectRefused(Post("Transfer-Encoding: \"chunked\"\r\n", ""), "bad-transfer-encoding");
  ExpectRefused(Post(Bytes({"Transfer-Encoding: chunked\0\r\n", 29}), ""),
                "control-in-field-value");
  ExpectRefused(Post("Transfer-Encoding:\r\n chunked\r\n", ""), "obs-fold");
}

TEST(Http1AttackTest, H1_05_UnderscoresFollowThePolicyAndAreNeverFraming) {
  Http1Options options;
  EXPECT_TRUE(absl::StartsWith(RecordOf(Get("Transfer_Encoding: chunked\r\n")),
                               "request GET a.example / transfer_encoding=chunked\nend"));
  options.underscores = http::UnderscorePolicy::kDrop;
  EXPECT_TRUE(absl::StartsWith(RecordOf(Get("Transfer_Encoding: chunked\r\n"), options),
                               "request GET a.example /\nend"));
  options.underscores = http::UnderscorePolicy::kReject;
  ExpectRefused(Get("Transfer_Encoding: chunked\r\n"), "underscore-in-field-name", 400, options);
}

TEST(Http1AttackTest, H1_06_SmugglingPayloadsNeverYieldASecondRequest) {
  ExpectRefused(Post("Content-Length: 13\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nSMUGGLED"),
                "both-lengths");
  ExpectRefused(
      Post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "8\r\nSMUGGLED\r\n0\r\n\r\n"),
      "both-lengths");
}

TEST(Http1AttackTest, H1_07_BodiesOfBodylessMethodsAreReadToTheirEnd) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
    for (const char* body : {"Content-Length: 5\r\n\r\nGET /",
                             "Transfer-Encoding: chunked\r\n\r\n"
                             "5\r\nGET /\r\n0\r\n\r\n"}) {
      ServerFixture f;
      f.Feed(absl::StrCat(method, " / HTTP/1.1\r\nHost: a\r\n", body));
      EXPECT_EQ(f.body, "GET /");
      EXPECT_EQ(f.requests, 1u);
      EXPECT_EQ(f.completed, 1u);
    }
  }
}

TEST(Http1AttackTest, H1_08_AnEarlyAnswerToALongBodyClosesAndServesNothingMore) {
  ServerFixture f({}, Answer::kAtHead);
  f.Feed(Post("Content-Length: 10000000\r\n", "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(absl::StrContains(f.output(), "connection: close"));
  EXPECT_EQ(f.reset_detail, "request-body-unread");
  EXPECT_TRUE(f.codec.finished());
  EXPECT_EQ(f.requests, 1u);
}

TEST(Http1AttackTest, H1_08_LittleIsDrainedAndTheConnectionGoesOn) {
  ServerFixture f({}, Answer::kAtHead);
  f.Feed(Post("Content-Length: 10\r\n", "01234"));
  EXPECT_FALSE(absl::StrContains(f.TakeOutput(), "connection: close"));
  EXPECT_EQ(f.completed, 0u);
  f.Feed("56789GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(f.body, "0123456789");
  EXPECT_EQ(f.completed, 2u);
}

TEST(Http1AttackTest, H1_08_AClientThatWithholdsTheLittleRestIsCutOff) {
  ServerFixture f({}, Answer::kAtHead);
  f.Feed(Post("Content-Length: 10\r\n", "01234"));
  f.TakeOutput();
  for (int i = 1; i < Http1ServerCodec::kMaxSweeps; ++i) f.codec.SweepLingering();
  EXPECT_TRUE(f.codec.lingering());
  f.codec.SweepLingering();
  EXPECT_FALSE(f.codec.lingering());
  EXPECT_EQ(f.reset_detail, "request-body-unread");
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1AttackTest, H1_09_OddExpectationsAreRefused) {
  ExpectRefused(Post("Expect: 200-ok\r\nContent-Length: 1\r\n", "x"), "bad-expectation", 417);
  ExpectRefused(Post("Expect: 100-continue, 100-continue\r\nContent-Length: 1\r\n", "x"),
                "bad-expectation", 417);
  ExpectRefused(Post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "x"),
                "bad-expectation", 417);
}

TEST(Http1AttackTest, H1_09_AFinalAnswerWithoutContinueClosesBecauseTheBodyMayNotCome) {
  ServerFixture f({}, Answer::kAtHead);
  f.answer_status = 417;
  f.Feed(Post("Expect: 100-continue\r\nContent-Length: 5\r\n", ""));
  EXPECT_TRUE(absl::StrContains(f.output(), "HTTP/1.1 417"));
  EXPECT_TRUE(absl::StrContains(f.output(), "connection: close"));
  EXPECT_TRUE(f.codec.finished());
}

TEST(Http1AttackTest, H1_10_OddChunkSizesAreRefused) {
  for (const char* size : {" 5", "5 ", "0x5", "+5", "-1", "", "5_0", "g", "\t5"}) {
    ExpectBodyRefused(Chunked(absl::StrCat(size, "\r\nhello\r\n0\r\n\r\n")), "bad-chunk-size");
  }
  ExpectBodyRefused(Chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), "chunk-size-too-long");
  ExpectBodyRefused(Chunked("8000000000000000\r\nhello\r\n0\r\n\r\n"), "chunk-size-too-large");
  ExpectBodyRefused(Chunked("FFFFFFFF00000005\r\nhello\r\n0\r\n\r\n"), "chunk-size-too-large");
}

TEST(Http1AttackTest, H1_11_OddChunkExtensionsAreRefused) {
  ExpectBodyRefused(Chunked("5;a\nhello\r\n0\r\n\r\n"), "control-in-chunk-extension");
  ExpectBodyRefused(Chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), "bare-cr-in-chunk-line");
  ExpectBodyRefused(Chunked("5;a=\"x\r\ny\"\r\nhello\r\n0\r\n\r\n"), "control-in-chunk-extension");
  ExpectBodyRefused(Chunked(Bytes({"5;a\0\r\nhello\r\n0\r\n\r\n", 18})),
                    "control-in-chunk-extension");
  ExpectBodyRefused(Chunked(absl::StrCat("5;", std::string(1025, 'a'), "\r\nhello\r\n0\r\n\r\n")),
                    "chunk-extension-too-long");
  std::string many;
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "1;", std::string(1000, 'a'), "\r\nx\r\n");
  ExpectBodyRefused(Chunked(many + "0\r\n\r\n"), "chunk-extension-too-long");
}

TEST(Http1AttackTest, H1_11_CleanChunkExtensionsAreDropped) {
  EXPECT_EQ(RecordOf(Chunked("5;a=\"q\\\";\";b\r\nhello\r\n0;c\r\n\r\n")),
            "request POST a.example /\ndata hello\nend\ncomplete");
}

TEST(Http1AttackTest, H1_12_ChunkLinesEndInCrlf) {
  ExpectBodyRefused(Chunked("5\r\nhelloX\r\n0\r\n\r\n"), "chunk-data-without-crlf");
  ExpectBodyRefused(Chunked("5\r\nhello\n0\r\n\r\n"), "chunk-data-without-crlf");
  ExpectBodyRefused(Chunked("5\r\nhello\rX0\r\n\r\n"), "chunk-data-without-crlf");
  ExpectBodyRefused(Chunked("5\nhello\r\n0\r\n\r\n"), "bad-chunk-size");
  ExpectBodyRefused(Chunked("5\r\nhello\r\n0\n\r\n"), "bad-chunk-size");
  ExpectBodyRefused(Chunked("5\r\nhello\r\n0\r\n\n"), "bare-lf-in-trailers");
  ExpectBodyRefused(Chunked("5\r\nhello\r\n0\r\na: b\n\r\n"), "bare-lf-in-trailers");
}

// Fed as a fast client would, against a sink that keeps what it gets: what it holds must be little
// more than the bytes it was given, whatever the chunks were.
TEST(Http1AttackTest, H1_13_TinyChunksDoNotCostASliceEach) {
  class CountingSink : public http::StreamSink {
   public:
    void OnData(base::Buffer& data, bool) override {
      data.ForEach([this](std::string_view) { ++slices; });
      bytes += data.size();
    }
    void OnTrailers(http::HeaderMap&) override {}
    void OnReset(const http::StreamError&) override {}
    void OnCanSend() override {}
    size_t slices = 0;
    size_t bytes = 0;
  } sink;
  StreamCore core;
  core.sink = &sink;
  core.decoder.StartChunked({1024, 10});
  std::string piece;
  while (piece.size() < base::Block::kStandardSize) piece += "1\r\nx\r\n";
  for (int i = 0; i < 100; ++i) {
    base::Buffer in;
    in.AppendCopy(piece);
    core.PumpBody(in, {});
  }
  EXPECT_GT(sink.bytes, 250'000u);
  EXPECT_LT(sink.slices, 500u);
  EXPECT_FALSE(core.decoder.done());
}

TEST(Http1AttackTest, H1_13_ASinkThatPausesStopsTheReading) {
  ServerFixture f;
  f.pause_on_data = true;
  f.Feed(Chunked("1\r\nx\r\n"));
  EXPECT_FALSE(f.codec.wants_input());
  f.FeedOnly("1\r\ny\r\n");
  EXPECT_EQ(f.body, "x");
  EXPECT_EQ(f.left_unread(), 6u);
}

TEST(Http1AttackTest, H1_14_TrailersCannotSpeakForTheHead) {
  EXPECT_EQ(RecordOf(Chunked("0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\n"
                             "Authorization: x\r\nCookie: c\r\nX-Forwarded-For: 1.1.1.1\r\n"
                             "X-Sluice-User: root\r\nConnection: close\r\nX-Sum: 1\r\n\r\n")),
            "request POST a.example /\ntrailers x-sum=1;\nend\ncomplete");
}

TEST(Http1AttackTest, H1_14_TrailersAreDroppedUnlessEnabledButStillChecked) {
  Http1Options options;
  options.enable_trailers = false;
  EXPECT_EQ(RecordOf(Chunked("0\r\nX-Sum: 1\r\n\r\n"), options),
            "request POST a.example /\nend\ncomplete");
  ExpectBodyRefused(Chunked("0\r\nX Sum: 1\r\n\r\n"), "space-before-colon");
}

TEST(Http1AttackTest, H1_14_TrailersUseTheHeaderBudget) {
  const std::string fields(50 * 1024, 'a');
  ExpectBodyRefused(Post(absl::StrCat("Transfer-Encoding: chunked\r\nX-A: ", fields, "\r\n"),
                         absl::StrCat("0\r\nX-B: ", std::string(11 * 1024, 'b'), "\r\n\r\n")),
                    "trailers-too-large", 431);
  std::string many;
  for (int i = 0; i < 99; ++i) absl::StrAppend(&many, "t", i, ": v\r\n");
  ExpectBodyRefused(Chunked(absl::StrCat("0\r\n", many, "\r\n")), "too-many-fields", 431);
}

TEST(Http1AttackTest, H1_15_BareLfAndBareCrAreRefused) {
  ExpectRefused("GET / HTTP/1.1\nHost: a\r\n\r\n", "bare-lf");
  ExpectRefused("GET / HTTP/1.1\r\nHost: a\n\r\n", "bare-lf");
  ExpectRefused("GET / HTTP/1.1\r\nHost: a\r\n\n", "bare-lf");
  ExpectRefused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare-lf");
  ExpectRefused(Get("X: a\rb\r\n"), "bare-cr");
  ExpectRefused(Get("X\r: a\r\n"), "bare-cr");
  ExpectRefused(Get("\rX: a\r\n"), "bare-cr");
  ExpectRefused("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "bare-cr");
  ExpectRefused("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare-cr");
}

TEST(Http1AttackTest, H1_16_ControlBytesAreRefusedEverywhere) {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\r' || c == '\n') continue;
    const std::string byte(1, static_cast<char>(c));
    ExpectRefused(absl::StrCat("G", byte, "T / HTTP/1.1\r\nHost: a\r\n\r\n"), "bad-method");
    ExpectRefused(absl::StrCat("GET /", byte, " HTTP/1.1\r\nHost: a\r\n\r\n"),
                  c == '\t' ? "bad-target" : "control-in-target");
    ExpectRefused(Get(absl::StrCat("X", byte, "Y: a\r\n")),
                  c == '\t' ? "space-before-colon" : "control-in-field-name");
    if (c != '\t')
      ExpectRefused(Get(absl::StrCat("X: a", byte, "b\r\n")), "control-in-field-value");
  }
  ExpectRefused(Get("X: a\x7f\r\n"), "control-in-field-value");
}

TEST(Http1AttackTest, H1_17_ObsFoldIsRefused) {
  ExpectRefused(Get("X: a\r\n b\r\n"), "obs-fold");
  ExpectRefused(Get("X: a\r\n\tb\r\n"), "obs-fold");
  ExpectRefused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "obs-fold");
}

TEST(Http1AttackTest, H1_18_BadFieldNamesAreRefused) {
  ExpectRefused(Get("X : a\r\n"), "space-before-colon");
  ExpectRefused(Get("X\t: a\r\n"), "space-before-colon");
  ExpectRefused(Get(": a\r\n"), "empty-field-name");
  ExpectRefused(Get("novalue\r\n"), "field-without-colon");
  ExpectRefused(Get("X(Y): a\r\n"), "bad-field-name");
  ExpectRefused(Get("X\xc3\xa9: a\r\n"), "bad-field-name");
}

TEST(Http1AttackTest, H1_19_ValuesAreTrimmed) {
  EXPECT_EQ(RecordOf("GET / HTTP/1.1\r\nHost: \t A.Example\t \r\nX-Role: \tadmin \t\r\n\r\n"),
            "request GET a.example / x-role=admin\nend\ncomplete");
}

TEST(Http1AttackTest, H1_20_OversizedHeadsAreRefused) {
  ExpectRefused(Get(absl::StrCat(std::string(256, 'n'), ": v\r\n")), "field-name-too-long", 431);
  Http1Options small_value;
  small_value.limits.max_value_bytes = 100;
  ExpectRefused(Get(absl::StrCat("X: ", std::string(101, 'v'), "\r\n")), "field-value-too-long",
                431, small_value);
  ExpectRefused(Get(absl::StrCat("X: ", std::string(64 * 1024, 'v'), "\r\n")), "headers-too-large",
                431);
  std::string lines;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&lines, "x", i, ": v\r\n");
  ExpectRefused(Get(lines), "too-many-fields", 431);
  ExpectRefused(absl::StrCat("GET /", std::string(60 * 1024, 'u'), " HTTP/1.1\r\nHost: a\r\n\r\n"),
                "uri-too-long", 414);
  Http1Options short_uri;
  short_uri.limits.max_uri_bytes = 10;
  ExpectRefused("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n", "uri-too-long", 414, short_uri);
}

TEST(Http1AttackTest, H1_20_TheTotalIsExact) {
  const std::string head = Get("X: \r\n");
  const size_t limit = Http1Options().limits.max_headers_bytes;
  const std::string fits = Get(absl::StrCat("X: ", std::string(limit - head.size(), 'v'), "\r\n"));
  const std::string over =
      Get(absl::StrCat("X: ", std::string(limit - head.size() + 1, 'v'), "\r\n"));
  ASSERT_EQ(fits.size(), limit);
  ServerFixture f;
  f.Feed(fits);
  EXPECT_EQ(f.completed, 1u);
  ExpectRefused(over, "headers-too-large", 431);
}

TEST(Http1AttackTest, H1_21_TheRequestLineIsExact) {
  const std::string rest = "\r\nHost: a\r\n\r\n";
  ExpectRefused("GET  / HTTP/1.1" + rest, "empty-target");
  ExpectRefused("GET /  HTTP/1.1" + rest, "bad-version");
  ExpectRefused("GET\t/ HTTP/1.1" + rest, "bad-method");
  ExpectRefused("GET /\tHTTP/1.1" + rest, "bad-target");
  ExpectRefused(" GET / HTTP/1.1" + rest, "bad-method");
  ExpectRefused("GET / HTTP/1.1 " + rest, "bad-version");
  ExpectRefused("GET /" + rest, "missing-version");
  ExpectRefused("GET" + rest, "bad-method");
  ExpectRefused("GET / HTTP/1.10" + rest, "bad-version");
  ExpectRefused("GET / http/1.1" + rest, "bad-version");
  ExpectRefused("GET / HTTP/1.1x" + rest, "bad-version");
  ExpectRefused("GET / HTTP/2.0" + rest, "unsupported-version", 505);
  ExpectRefused("GET / HTTP/1.0" + rest, "http-1.0-not-accepted", 505);
  ExpectRefused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "unsupported-version", 505);
  ExpectRefused("\x16\x03\x01", "bad-method");
  ExpectRefused("GET /\xc3\xa9 HTTP/1.1" + rest, "bad-target");
}

TEST(Http1AttackTest, H1_21_OneEmptyLineIsSkippedAndNoMore) {
  EXPECT_EQ(RecordOf("\r\n" + Get("")), "request GET a.example /\nend\ncomplete");
  ExpectRefused("\r\n\r\n" + Get(""), "empty-lines-before-request");
}

TEST(Http1AttackTest, H1_22_HostIsThereOnceAndValid) {
  ExpectRefused("GET / HTTP/1.1\r\n\r\n", "missing-host");
  ExpectRefused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "several-hosts");
  for (const char* host : {"a, b", "a@b", "a/b", "a:80:80", "a:99999", "[::1", "", "a b"}) {
    ExpectRefused(absl::StrCat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"), "bad-host");
  }
}

TEST(Http1AttackTest, H1_23_AbsoluteFormAgreesWithHost) {
  ExpectRefused("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "target-and-host-disagree");
  EXPECT_EQ(RecordOf("GET http://H?x HTTP/1.1\r\nHost: h\r\n\r\n"),
            "request GET h /?x\nend\ncomplete");
  EXPECT_EQ(RecordOf("GET HTTPS://h HTTP/1.1\r\nHost: H\r\n\r\n"),
            "request GET h /\nend\ncomplete");
  EXPECT_EQ(RecordOf("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n"),
            "request OPTIONS h *\nend\ncomplete");
  EXPECT_EQ(RecordOf("GET http://h:8/p/?q HTTP/1.1\r\nHost: h:8\r\n\r\n"),
            "request GET h:8 /p/?q\nend\ncomplete");
  ExpectRefused("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "bad-target");
  ExpectRefused("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", "bad-authority");
  ExpectRefused("GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n", "bad-authority");
  ExpectRefused("GET * HTTP/1.1\r\nHost: h\r\n\r\n", "asterisk-without-options");
  ExpectRefused("GET h/ HTTP/1.1\r\nHost: h\r\n\r\n", "bad-target");
  Http1Options options;
  options.strict_absolute_host = false;
  EXPECT_EQ(RecordOf("GET http://B/ HTTP/1.1\r\nHost: a\r\n\r\n", options),
            "request GET b /\nend\ncomplete");
  options.allow_absolute_url = false;
  ExpectRefused("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "absolute-form-not-allowed", 400,
                options);
}

TEST(Http1AttackTest, H1_24_FragmentsAreRefused) {
  ExpectRefused("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "fragment-in-target");
}

TEST(Http1AttackTest, H1_25_NothingBehindABadRequestIsParsed) {
  EXPECT_EQ(RecordOf(Get("") + Get("X : y\r\n") + Get("")),
            "request GET a.example /\nend\ncomplete\nbad 400 space-before-colon");
}

TEST(Http1AttackTest, H1_25_AClientThatDoesNotReadIsNotServedAhead) {
  ServerFixture f;
  for (int i = 0; i < 10'000 && f.codec.wants_input(); ++i) f.FeedOnly(Get(""));
  EXPECT_EQ(f.requests, 1u);
  EXPECT_FALSE(f.codec.wants_input());
  EXPECT_EQ(f.left_unread(), Get("").size());
}

TEST(Http1AttackTest, H1_26_ABodyIsNeverTheNextRequest) {
  const std::string inner = "GET /inner HTTP/1.1\r\nHost: a\r\n\r\n";
  ServerFixture f({}, Answer::kAtHead);
  f.answer_status = 401;
  f.Feed(Post(absl::StrCat("Content-Length: ", inner.size(), "\r\n"), inner));
  f.Feed(Get(""));
  EXPECT_EQ(f.requests, 2u);
  EXPECT_FALSE(absl::StrContains(f.Record(), "request GET a /inner"));
}

TEST(Http1AttackTest, H1_27_ConnectionRemovesHopByHopFieldsOnly) {
  EXPECT_EQ(RecordOf(Get("Connection: x-hop, Keep-Alive\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
                         "Proxy-Connection: x\r\nTE: trailers\r\nX-Stay: 1\r\n")),
            "request GET a.example / x-stay=1\nend\ncomplete");
  for (const char* name :
       {"authorization", "Host", "content-length", "transfer-encoding", "x-forwarded-for",
        "X-Sluice-User", "cookie", "x-forwarded-client-cert"}) {
    ExpectRefused(Get(absl::StrCat("Connection: close, ", name, "\r\n")),
                  "protected-field-in-connection");
  }
}

TEST(Http1AttackTest, H1_27_ConnectionNamesNoMoreFieldsThanAHeadMayHave) {
  Http1Options options;
  options.limits.max_headers_count = 3;
  EXPECT_EQ(RecordOf(Get("Connection: a, b, c\r\n"), options),
            "request GET a.example /\nend\ncomplete");
  ExpectRefused(Get("Connection: a, b, c, d\r\n"), "too-many-connection-options", 400, options);
  ExpectRefused(Get("Connection: a, b\r\nConnection: c, d\r\n"), "too-many-connection-options", 400,
                options);
}

TEST(Http1AttackTest, H1_28_UpgradesThatAreNotOneAgreedProtocolArePlain) {
  const std::string plain = "request GET a.example /\nend\ncomplete";
  EXPECT_EQ(RecordOf(Get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                         "HTTP2-Settings: AAMAAABk\r\n")),
            plain);
  EXPECT_EQ(RecordOf(Get("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n")), plain);
  EXPECT_EQ(RecordOf(Get("Connection: upgrade\r\nUpgrade: websocket, foo\r\n")), plain);
  EXPECT_EQ(RecordOf(Get("Upgrade: websocket\r\n")), plain);
  EXPECT_EQ(RecordOf(Get("Connection: upgrade\r\n")), plain);
  EXPECT_EQ(RecordOf(Get("Connection: upgrade\r\nUpgrade: a b\r\n")), plain);
}

TEST(Http1AttackTest, H1_28_AnUpgradeWithABodyIsRefused) {
  ExpectRefused(Post("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", "x"),
                "upgrade-with-body");
}

TEST(Http1AttackTest, H1_29_AFieldCannotStartALineOfItsOwn) {
  ServerFixture f({}, Answer::kNever);
  f.Feed(Get(""));
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 302;
  head.headers.Add("x-good", "1");
  head.headers.Add(http::HeaderId::kLocation, "/a\r\nSet-Cookie: x=1");
  head.headers.Add("x-bad\r\nx-worse", "1");
  head.headers.Add("x-also-good", "2");
  f.stream->SendResponse(head, true);
  f.Produce();
  EXPECT_EQ(f.output(),
            "HTTP/1.1 302 Found\r\nx-good: 1\r\nx-also-good: 2\r\ncontent-length: 0\r\n\r\n");
}

}  // namespace
}  // namespace sluice::http1
