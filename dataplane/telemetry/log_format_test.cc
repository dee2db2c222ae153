// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "base/allocation_count.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/sample_entry.h"

namespace sluice::telemetry {
namespace {

using Json = nlohmann::json;

std::string Line(const config::AccessLog& log, const LogEntry& entry) {
  auto format = LogFormat::Compile(log);
  if (!format.ok()) return std::string(format.status().message());
  std::string out;
  (*format)->Append(entry, out);
  return out;
}

config::AccessLog TextLog(std::string text) {
  config::AccessLog log;
  log.text = std::move(text);
  return log;
}

config::AccessLog JsonLog(std::string json, bool omit_empty = false) {
  config::AccessLog log;
  log.format = config::AccessLog::Format::kJson;
  log.json_template = std::move(json);
  log.omit_empty = omit_empty;
  return log;
}

TEST(LogFormatTest, TheDefaultTextIsEnvoysLine) {
  const SampleEntry sample;
  EXPECT_EQ(Line({}, sample.entry()),
            "[2023-11-14T22:13:20.123Z] \"GET /old?q=1 HTTP/2\" 503 UF,URX 11 2222 25 - \"-\" "
            "\"curl/8\" \"-\" \"shop.example\" \"10.0.0.5:8080\"\n");
}

TEST(LogFormatTest, TheDefaultJsonNamesWhatAPersonAsksFor) {
  const SampleEntry sample;
  EXPECT_EQ(Line(JsonLog(""), sample.entry()),
            R"({"time":"2023-11-14T22:13:20.123Z","client":"192.0.2.7","method":"GET",)"
            R"("host":"shop.example","path":"/old?q=1","protocol":"HTTP/2","status":503,)"
            R"("flags":"UF,URX","detail":"via-upstream","duration_ms":25,"request_bytes":11,)"
            R"("response_bytes":2222,"request_id":"0f1e","user_agent":"curl/8",)"
            R"("route":"shop/checkout","cluster":"checkout","upstream":"10.0.0.5:8080",)"
            R"("upstream_duration_ms":10,"attempts":2,)"
            R"("upstream_failure":"connect: Connection refused","server_name":"shop.example",)"
            R"("tls_version":"TLSv1.3","connection":42})"
            "\n");
}

TEST(LogFormatTest, ATextLineEndsInOneNewline) {
  const SampleEntry sample;
  EXPECT_EQ(Line(TextLog("%PROTOCOL%\n"), sample.entry()), "HTTP/2\n");
  EXPECT_EQ(Line(TextLog("%PROTOCOL%"), sample.entry()), "HTTP/2\n");
}

TEST(LogFormatTest, AJsonLeafOfOneOperatorKeepsItsType) {
  const SampleEntry sample;
  EXPECT_EQ(Line(JsonLog(R"({"n":"%DURATION%","s":"%PROTOCOL%","none":"%REQ(X-NONE)%",)"
                         R"("text":"%DURATION%ms %REQ(X-NONE)%","cut":"%REQ(USER-AGENT):2%"})"),
                 sample.entry()),
            R"({"n":25,"s":"HTTP/2","none":null,"text":"25ms -","cut":"cu"})"
            "\n");
}

TEST(LogFormatTest, AJsonTemplateKeepsItsShape) {
  const SampleEntry sample;
  EXPECT_EQ(Line(JsonLog(R"({"a":{"b":{"c":"%RESPONSE_CODE%"},"l":[1,"%PROTOCOL%",{"x":true}]},)"
                         R"("t":true,"f":1.5,"z":null,"q":"say \"%%\"","e":{}})"),
                 sample.entry()),
            R"({"a":{"b":{"c":503},"l":[1,"HTTP/2",{"x":true}]},)"
            R"("t":true,"f":1.5,"z":null,"q":"say \"%\"","e":{}})"
            "\n");
}

TEST(LogFormatTest, OmittingEmptyLeavesMembersOut) {
  const SampleEntry sample;
  const std::string with_gaps =
      R"({"a":"%REQ(X-NONE)%","b":1,"c":"%REQ(X-NONE)%","d":"%PROTOCOL%",)"
      R"("e":{"f":"%REQ(X-NONE)%","g":"%DURATION%"},"h":{"i":"%REQ(X-NONE)%"},)"
      R"("j":"[%REQ(X-NONE)%]","k":["%REQ(X-NONE)%",2],"l":"%REQ(X-NONE)%"})";
  EXPECT_EQ(Line(JsonLog(with_gaps, /*omit_empty=*/true), sample.entry()),
            R"({"b":1,"d":"HTTP/2","e":{"g":25},"h":{},"j":"[]","k":[null,2]})"
            "\n");
  config::AccessLog text = TextLog("[%REQ(X-NONE)%]");
  text.omit_empty = true;
  EXPECT_EQ(Line(text, sample.entry()), "[]\n");
}

TEST(LogFormatTest, AnErrorNamesTheMember) {
  const SampleEntry sample;
  EXPECT_EQ(Line(JsonLog(R"({"a":{"b":["%PROTOCOLL%"]}})"), sample.entry()),
            "json format at \"a.b[0]\": format at byte 0: unknown operator %PROTOCOLL%; "
            "did you mean %PROTOCOL%?");
  EXPECT_FALSE(LogFormat::Compile(JsonLog("[1]")).ok());
  EXPECT_FALSE(LogFormat::Compile(JsonLog("{")).ok());
  EXPECT_FALSE(LogFormat::Compile(JsonLog("{\"a\":\"" + std::string(40'000, 'x') + "\"}")).ok());
  std::string deep = "1";
  for (int i = 0; i < 1000; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_FALSE(LogFormat::Compile(JsonLog(deep)).ok());
}

TEST(LogFormatTest, AClientCannotForgeALine) {
  // DOS-12: quotes, newlines, terminal escapes and broken UTF-8 in what a client sends.
  SampleEntry sample;
  sample.request.headers.Set("user-agent",
                             "a\"b\\c\nd\re\tf\x1b[2Jg\x7f\xff\xc3\xa9\xc2\x9b\xe2\x80");
  EXPECT_EQ(Line(TextLog("\"%REQ(USER-AGENT)%\""), sample.entry()),
            "\"a\\\"b\\\\c\\x0ad\\x0de\\x09f\\x1b[2Jg\\x7f\\xff\xc3\xa9\\xc2\\x9b\\xe2\\x80\"\n");
  const std::string json = Line(JsonLog(R"({"ua":"%REQ(USER-AGENT)%"})"), sample.entry());
  EXPECT_EQ(json.find('\n'), json.size() - 1);
  EXPECT_EQ(Json::parse(json)["ua"].get<std::string>(),
            "a\"b\\c\nd\re\tf\x1b[2Jg\x7f\xEF\xBF\xBD\xc3\xa9\xc2\x9b\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(LogFormatTest, ValuesAndLinesAreBounded) {
  // DOS-12: 60 KiB in each of several logged fields, the kind that grows sixfold when escaped.
  SampleEntry sample;
  const std::string huge(60'000, '\x01');
  sample.request.headers.Set("user-agent", huge);
  std::string json = "{\"first\":\"%REQ(USER-AGENT)%\"";
  std::string text;
  for (int i = 0; i < 40; ++i) {
    json += ",\"k" + std::to_string(i) + "\":\"<%REQ(USER-AGENT)%>\"";
    text += "%REQ(USER-AGENT)% ";
  }
  json += ",\"last\":\"%CONNECTION_ID%\"}";
  text += "%CONNECTION_ID%";

  const std::string json_line = Line(JsonLog(json), sample.entry());
  EXPECT_LE(json_line.size(), 64u * 1024);
  const Json parsed = Json::parse(json_line);
  EXPECT_EQ(parsed["first"].get<std::string>().size(), 4096u);
  EXPECT_EQ(parsed["last"], 42) << "a full line keeps its numbers";
  const std::string text_line = Line(TextLog(text), sample.entry());
  EXPECT_LE(text_line.size(), 64u * 1024);
  EXPECT_TRUE(text_line.ends_with(" 42\n"));
}

TEST(LogFormatTest, AnyBytesGiveOneLineOfJson) {
  // Method: random values, biased to bytes that have a meaning somewhere, in each place that a
  // client can fill; the line must parse (nlohmann refuses what is not UTF-8) and stand alone.
  std::mt19937 random(1);
  static constexpr char kSharp[] =
      "\"\\\n\r\0\x1b{}[],:%\xc3\xa4\xe2\x82\xac\xf0\x9f\xed\xa0\x80\xff";
  auto bytes = [&] {
    std::string value(random() % 64, '\0');
    for (char& c : value) {
      c = random() % 2 == 0 ? static_cast<char>(random()) : kSharp[random() % sizeof(kSharp)];
    }
    return value;
  };
  for (const bool omit_empty : {false, true}) {
    auto format = LogFormat::Compile(JsonLog("", omit_empty));
    auto mixed = LogFormat::Compile(
        JsonLog(R"({"a":"%REQ(A):7%","n":{"b":"x%REQ(B)%y%REQ(:PATH)%"}})", omit_empty));
    auto text = LogFormat::Compile(TextLog("\"%REQ(A)%\" \"%REQ(:PATH)%\""));
    ASSERT_TRUE(format.ok() && mixed.ok() && text.ok());
    for (int round = 0; round < 3000; ++round) {
      SampleEntry sample;
      const std::string values[] = {bytes(), bytes(), bytes(), bytes(), bytes()};
      sample.request.path = values[0];
      sample.request.authority = values[1];
      sample.request.headers.Set("user-agent", values[2]);
      sample.request.headers.Set("a", values[3]);
      sample.request.headers.Set("b", values[4]);
      sample.info.original_path = values[4];
      for (const LogFormat* each : {format->get(), mixed->get()}) {
        std::string line;
        each->Append(sample.entry(), line);
        ASSERT_EQ(line.find('\n'), line.size() - 1);
        ASSERT_TRUE(Json::accept(line)) << line;
      }
      std::string line;
      (*text)->Append(sample.entry(), line);
      ASSERT_EQ(line.find('\n'), line.size() - 1);
    }
  }
}

TEST(LogFormatTest, ALineAllocatesNothingBeyondItsBuffer) {
  const SampleEntry sample;
  auto json = LogFormat::Compile(JsonLog(""));
  auto text = LogFormat::Compile(TextLog(""));
  ASSERT_TRUE(json.ok() && text.ok());
  std::string out;
  out.reserve(64 * 1024);
  const uint64_t before = base::AllocationCount();
  (*json)->Append(sample.entry(), out);
  (*text)->Append(sample.entry(), out);
  EXPECT_EQ(base::AllocationCount(), before);
}

}  // namespace
}  // namespace sluice::telemetry
