// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

constexpr JsonLimits kLimits = {.max_bytes = 4096, .max_depth = 4, .max_values = 100};

std::string Problem(std::string_view text, const JsonLimits& limits = kLimits) {
  std::string problem;
  return ParseJsonObject(text, limits, &problem).has_value() ? "none" : problem;
}

TEST(JsonTest, ReadsEveryKindOfValue) {
  const auto read = ParseJsonObject(
      R"( {"s":"\u00e4\n","n":-1.50e2,"i":12,"big":123456789012345678901234567890,
           "t":true,"f":false,"z":null,"a":[1,"x",[]],"o":{"p":{}}} )",
      kLimits);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->Find("s")->text, "\xc3\xa4\n");
  EXPECT_EQ(read->Find("n")->text, "-1.50e2");
  EXPECT_EQ(read->Find("n")->number, -150);
  EXPECT_EQ(read->Find("i")->text, "12");
  EXPECT_EQ(read->Find("big")->text, "123456789012345678901234567890");
  EXPECT_EQ(read->Find("t")->text, "true");
  EXPECT_EQ(read->Find("f")->text, "false");
  EXPECT_EQ(read->Find("z")->kind, JsonKind::kNull);
  EXPECT_EQ(read->Find("a")->items.size(), 3u);
  EXPECT_EQ(read->Find("a")->items[1].text, "x");
  EXPECT_EQ(read->Find("a")->items[2].kind, JsonKind::kArray);
  EXPECT_EQ(read->Find("o")->Find("p")->kind, JsonKind::kObject);
  EXPECT_EQ(read->Find("missing"), nullptr);
  EXPECT_EQ(read->Find("s")->Find("s"), nullptr);
}

TEST(JsonTest, ANameTwiceIsRefusedAtAnyDepth) {
  EXPECT_EQ(Problem(R"({"a":1,"b":2,"a":1})"), R"(member "a" appears twice)");
  EXPECT_EQ(Problem(R"({"a":1,"\u0061":2})"), R"(member "a" appears twice)");
  EXPECT_EQ(Problem(R"({"keys":[{},{"o":{"k":1,"k":2}}]})"),
            R"(keys[1].o: member "k" appears twice)");
}

TEST(JsonTest, OnlyAnObjectWillDo) {
  for (const char* text : {"[]", "1", "\"x\"", "null"}) {
    EXPECT_EQ(Problem(text), "is not an object") << text;
  }
}

TEST(JsonTest, WhatIsNotJsonIsRefused) {
  for (const std::string_view text : {
           std::string_view(""),
           std::string_view("{"),
           std::string_view("{}{}"),
           std::string_view("{} x"),
           std::string_view("{\"a\":1,}"),
           std::string_view("{a:1}"),
           std::string_view("{'a':1}"),
           std::string_view("{\"a\":01}"),
           std::string_view("{\"a\":+1}"),
           std::string_view("{\"a\":NaN}"),
           std::string_view("{\"a\":Infinity}"),
           std::string_view("{/**/}"),
           std::string_view("{\"a\":\"\n\"}"),
           std::string_view("{\"a\":\"\\x\"}"),
           // Invalid UTF-8, overlong, a surrogate in UTF-8, lone surrogates in escapes.
           std::string_view("{\"a\":\"\xff\"}"),
           std::string_view("{\"a\":\"\xc0\xaf\"}"),
           std::string_view("{\"a\":\"\xed\xa0\x80\"}"),
           std::string_view("{\"a\":\"\\ud800\"}"),
           std::string_view("{\"a\":\"\\udc00\"}"),
           std::string_view("{\"\xff\":1}"),
           // A byte order mark; NUL, which nlohmann takes for the end.
           std::string_view("\xef\xbb\xbf{}"),
           std::string_view("{}\0", 3),
           std::string_view("{\"a\":1}\0,\"b\":2}", 15),
           std::string_view("\0", 1),
       }) {
    EXPECT_NE(Problem(text), "none") << text;
  }
}

TEST(JsonTest, NumbersBeyondADoubleAreRefused) {
  EXPECT_NE(Problem(R"({"a":1e400})"), "none");
  EXPECT_NE(Problem(R"({"a":-1e400})"), "none");
  EXPECT_EQ(Problem(R"({"a":1e308})"), "none");
  EXPECT_EQ(Problem(R"({"a":1e-400})"), "none");
}

TEST(JsonTest, LimitsAreExact) {
  EXPECT_EQ(Problem(R"({"a":[[[]]]})"), "none");
  EXPECT_EQ(Problem(R"({"a":[[[[]]]]})"), "a[0][0]: is nested deeper than 4");
  EXPECT_EQ(Problem("{}", {.max_bytes = 2, .max_depth = 1, .max_values = 0}), "none");
  EXPECT_EQ(Problem("{} ", {.max_bytes = 2, .max_depth = 1, .max_values = 0}),
            "has 3 bytes; at most 2 are allowed");
  const JsonLimits three = {.max_bytes = 99, .max_depth = 9, .max_values = 3};
  EXPECT_EQ(Problem(R"({"a":[1,2]})", three), "none");
  EXPECT_EQ(Problem(R"({"a":[1,2,3]})", three), "holds more than 3 values");
}

TEST(JsonTest, DepthCostsNoStack) {
  const std::string deep = absl::StrCat("{\"a\":", std::string(100000, '['));
  EXPECT_NE(Problem(deep, {.max_bytes = 1 << 20, .max_depth = 8, .max_values = 1 << 20}), "none");
}

TEST(JsonTest, ManyMembersAreComparedQuickly) {
  std::string text = "{";
  for (int i = 0; i < 60000; ++i) absl::StrAppend(&text, i == 0 ? "" : ",", "\"", i, "\":0");
  text += "}";
  EXPECT_EQ(Problem(text, {.max_bytes = 1 << 20, .max_depth = 1, .max_values = 1 << 20}), "none");
}

TEST(JsonTest, ProblemsShowNoValues) {
  EXPECT_EQ(Problem(R"({"k":"hunter2)").find("hunter2"), std::string::npos);
  EXPECT_EQ(Problem(R"({"k":hunter2})").find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace sluice::jose
