// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/text_format.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "dataplane/telemetry/sample_entry.h"
#include "dataplane/telemetry/time_format.h"

namespace sluice::telemetry {
namespace {

std::string Print(std::string_view format, const LogEntry& entry) {
  auto compiled = TextFormat::Compile(format);
  if (!compiled.ok()) return std::string(compiled.status().message());
  std::string out;
  (*compiled)->Append(entry, "-", out);
  return out;
}

std::string Print(std::string_view format) {
  const SampleEntry sample;
  return Print(format, sample.entry());
}

TEST(TextFormatTest, EveryOperatorPrintsItsFact) {
  // Aim: each operator is bound to the fact that Envoy's documentation says it is.
  const std::pair<const char*, const char*> kCases[] = {
      {"%START_TIME%", "2023-11-14T22:13:20.123Z"},
      {"%REQ(USER-AGENT)%", "curl/8"},
      {"%RESP(Content-Type)%", "text/plain"},
      {"%RESP(:STATUS)%", "503"},
      {"%TRAILER(grpc-status)%", "14"},
      {"%PROTOCOL%", "HTTP/2"},
      {"%RESPONSE_CODE%", "503"},
      {"%RESPONSE_CODE_DETAILS%", "via-upstream"},
      {"%CONNECTION_TERMINATION_DETAILS%", "-"},
      {"%RESPONSE_FLAGS%", "UF,URX"},
      {"%RESPONSE_FLAGS_LONG%", "UpstreamConnectionFailure,UpstreamRetryLimitExceeded"},
      {"%BYTES_RECEIVED%", "11"},
      {"%BYTES_SENT%", "2222"},
      {"%REQUEST_HEADERS_BYTES%", "300"},
      {"%RESPONSE_HEADERS_BYTES%", "400"},
      {"%DURATION%", "25"},
      {"%REQUEST_DURATION%", "2"},
      {"%REQUEST_TX_DURATION%", "3"},
      {"%RESPONSE_DURATION%", "10"},
      {"%RESPONSE_TX_DURATION%", "15"},
      {"%UPSTREAM_HOST%", "10.0.0.5:8080"},
      {"%UPSTREAM_REMOTE_ADDRESS%", "10.0.0.5:8080"},
      {"%UPSTREAM_LOCAL_ADDRESS%", "10.0.0.1:50000"},
      {"%UPSTREAM_CLUSTER%", "checkout"},
      {"%UPSTREAM_CLUSTER_RAW%", "checkout"},
      {"%UPSTREAM_PROTOCOL%", "HTTP/1.1"},
      {"%UPSTREAM_TRANSPORT_FAILURE_REASON%", "connect: Connection refused"},
      {"%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "2"},
      {"%DOWNSTREAM_REMOTE_ADDRESS%", "192.0.2.7:40000"},
      {"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "192.0.2.7"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "192.0.2.7:40000"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%", "192.0.2.7"},
      {"%DOWNSTREAM_LOCAL_ADDRESS%", "[2001:db8::1]:443"},
      {"%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "2001:db8::1"},
      {"%DOWNSTREAM_LOCAL_PORT%", "443"},
      {"%REQUESTED_SERVER_NAME%", "shop.example"},
      {"%DOWNSTREAM_TLS_VERSION%", "TLSv1.3"},
      {"%DOWNSTREAM_TLS_CIPHER%", "TLS_AES_128_GCM_SHA256"},
      {"%DOWNSTREAM_PEER_SUBJECT%", "CN=caller"},
      {"%ROUTE_NAME%", "shop/checkout"},
      {"%VIRTUAL_HOST_NAME%", "shop"},
      {"%CONNECTION_ID%", "42"},
      {"%CONSUMER%", "shop/alice"},
      {"%IDENTITY_METHOD%", "key"},
      {"%IDENTITY_SUBJECT%", "alice"},
      {"%POLICY_DECISIONS%",
       "AuthPolicy/shop/p key allowed identified;- - would-deny rbac-no-allow-rule"},
      {"%REQUEST_ID%", "0f1e"},
      {"%STREAM_ID%", "0f1e"},
  };
  for (const auto& [format, printed] : kCases) EXPECT_EQ(Print(format), printed) << format;
  char host[256] = {};
  ASSERT_EQ(gethostname(host, sizeof(host) - 1), 0);
  EXPECT_EQ(Print("%HOSTNAME%"), host);
}

TEST(TextFormatTest, NothingIsKnownOfARequestThatNeverParsed) {
  const http::StreamInfo nothing;
  EXPECT_EQ(Print("%REQ(:METHOD)% %REQ(A)% %RESP(B)% %TRAILER(C)% %UPSTREAM_HOST% %DURATION% "
                  "%DOWNSTREAM_LOCAL_ADDRESS% %CONNECTION_ID% %RESPONSE_FLAGS% %RESPONSE_CODE%",
                  {nothing}),
            "- - - - - - - - - 0");
}

TEST(TextFormatTest, PseudoHeadersAreWhatTheRequestSays) {
  EXPECT_EQ(Print("%REQ(:METHOD)% %REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)% %REQ(host)%"),
            "GET https://shop.example/new?q=1 shop.example");
}

TEST(TextFormatTest, ARewrittenPathHasItsOriginal) {
  SampleEntry sample;
  EXPECT_EQ(Print("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", sample.entry()), "/old?q=1");
  sample.request.path = sample.info.original_path;
  EXPECT_EQ(Print("%REQ(X-ENVOY-ORIGINAL-PATH)%", sample.entry()), "-");
  EXPECT_EQ(Print("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", sample.entry()), "/old?q=1");
}

TEST(TextFormatTest, TheAlternativeStandsInForAMissingField) {
  EXPECT_EQ(Print("%REQ(X-NONE?USER-AGENT)%"), "curl/8");
  EXPECT_EQ(Print("%REQ(USER-AGENT?X-ONE)%"), "curl/8");
  EXPECT_EQ(Print("%REQ(X-NONE?X-NEITHER)%"), "-");
}

TEST(TextFormatTest, TheFirstOfSeveralFieldsIsPrinted) {
  EXPECT_EQ(Print("%REQ(X-ONE)%"), "first");
}

TEST(TextFormatTest, ALengthCutsTextBetweenCharacters) {
  EXPECT_EQ(Print("%REQ(USER-AGENT):4%"), "curl");
  SampleEntry sample;
  sample.request.headers.Set("user-agent", "ab\xC3\xA4z");
  EXPECT_EQ(Print("%REQ(USER-AGENT):3%", sample.entry()), "ab");
  EXPECT_EQ(Print("%REQ(USER-AGENT):4%", sample.entry()), "ab\xC3\xA4");
}

TEST(TextFormatTest, TheClientBehindATrustedHopHasNoPort) {
  SampleEntry sample;
  sample.info.client_address = "198.51.100.9";
  EXPECT_EQ(Print("%DOWNSTREAM_REMOTE_ADDRESS%", sample.entry()), "198.51.100.9:0");
  EXPECT_EQ(Print("%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", sample.entry()), "192.0.2.7:40000");
  sample.info.client_address = "2001:db8::9";
  EXPECT_EQ(Print("%DOWNSTREAM_REMOTE_ADDRESS%", sample.entry()), "[2001:db8::9]:0");
}

TEST(TextFormatTest, TimesFollowTheirFormat) {
  EXPECT_EQ(Print("%START_TIME(%Y/%m/%dT%H:%M:%S%z)%"), "2023/11/14T22:13:20+0000");
  EXPECT_EQ(Print("%START_TIME(%s.%3f)%"), "1700000000.123");
  EXPECT_EQ(Print("%START_TIME(%s%9f)%"), "1700000000123456789");
  EXPECT_EQ(Print("%START_TIME(%f|%1f)%"), "123456789|1");
}

TEST(TextFormatTest, TextStandsAsItIs) {
  auto plain = TextFormat::Compile("100%% \"plain\"\n");
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE((*plain)->is_literal());
  EXPECT_EQ((*plain)->literal(), "100% \"plain\"\n");
  auto empty = TextFormat::Compile("");
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE((*empty)->is_literal());
  EXPECT_EQ((*empty)->literal(), "");
  auto mixed = TextFormat::Compile("a%PROTOCOL%");
  ASSERT_TRUE(mixed.ok());
  EXPECT_FALSE((*mixed)->is_literal());
  EXPECT_EQ((*mixed)->literal(), "");
}

TEST(TextFormatTest, AMissingValueIsWhatTheCallerSays) {
  auto format = TextFormat::Compile("[%REQ(X-NONE)%]");
  ASSERT_TRUE(format.ok());
  const SampleEntry sample;
  std::string out;
  (*format)->Append(sample.entry(), "", out);
  EXPECT_EQ(out, "[]");
}

TEST(TextFormatTest, AnErrorNamesTheOperatorAndTheNearest) {
  EXPECT_EQ(Print("x %RESPONSE_CODES%"),
            "format at byte 2: unknown operator %RESPONSE_CODES%; did you mean %RESPONSE_CODE%?");
  EXPECT_EQ(Print("%REG(A)%"), "format at byte 0: unknown operator %REG%; did you mean %REQ%?");
}

TEST(TextFormatTest, WhatIsNoFormatIsRefused) {
  const std::pair<const char*, const char*> kCases[] = {
      {"50% off", "format at byte 2: '%' begins no operator; \"%%\" is a percent sign"},
      {"%PROTOCOL", "format at byte 0: %PROTOCOL lacks its closing '%'"},
      {"%REQ(A%", "format at byte 0: %REQ( lacks its ')'"},
      {"%REQ%", "format at byte 0: %REQ%: needs a header name"},
      {"%REQ()%", "format at byte 0: %REQ%: needs a header name"},
      {"%REQ(A B)%", "format at byte 0: %REQ%: \"A B\" is no header name"},
      {"%PROTOCOL(x)%", "format at byte 0: %PROTOCOL%: takes no argument"},
      {"%REQ(A):%", "format at byte 0: %REQ%: \":\" is no length"},
  };
  for (const auto& [format, error] : kCases) EXPECT_EQ(Print(format), error) << format;
  EXPECT_FALSE(TextFormat::Compile("%RESP(:path)%").ok());
  EXPECT_FALSE(TextFormat::Compile("%REQ(:nonsense)%").ok());
  EXPECT_FALSE(TextFormat::Compile("%START_TIME(%q)%").ok());
  EXPECT_FALSE(TextFormat::Compile("%START_TIME(%n)%").ok()) << "would break a line";
  EXPECT_FALSE(TextFormat::Compile(std::string(20'000, 'x')).ok());
}

TEST(TimeFormatTest, AConversionThatDoesNotFitIsLeftOut) {
  std::string format;
  for (int i = 0; i < 10; ++i) format += "%c";  // 24 bytes each.
  const auto time = TimeFormat::Compile(format + "%s%s");
  ASSERT_TRUE(time.ok()) << time.status();
  char out[TimeFormat::kMaxBytes];
  std::fill(std::begin(out), std::end(out), '\x01');
  const std::string_view printed = time->Print(1'700'000'000'000'000'000, out);
  EXPECT_EQ(printed.size(), 250u);
  EXPECT_EQ(printed.find('\x01'), std::string_view::npos) << "nothing that was not written";
}

}  // namespace
}  // namespace sluice::telemetry
