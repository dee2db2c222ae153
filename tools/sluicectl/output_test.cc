// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/output.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace sluice::sluicectl {
namespace {

TEST(JsonToYamlTest, WritesBlocksInTheOrderOfTheMembers) {
  EXPECT_EQ(JsonToYaml(R"({"b":1,"a":{"list":[{"x":"w","z":[1,2]},"w"],"none":[],"empty":{}}})"),
            "b: 1\n"
            "a:\n"
            "  list:\n"
            "  - x: w\n"
            "    z:\n"
            "    - 1\n"
            "    - 2\n"
            "  - w\n"
            "  none: []\n"
            "  empty: {}\n");
}

TEST(PrintableTest, ControlCharactersAreBlanksAndLettersStay) {
  EXPECT_EQ(Printable("a\x1b[31m\tb\n\x7f"), "a [31m b  ");
  EXPECT_EQ(Printable("\xc2\x9b[2J \xc3\xa4\xc2"), "  [2J \xc3\xa4\xc2");
}

TEST(JsonToYamlTest, QuotesWhatYamlWouldReadAsSomethingElse) {
  EXPECT_EQ(JsonToYaml(R"({"a":"true","b":"12","c":"No","d":"x: y","e":"","f":"1h","g":true})"),
            "a: \"true\"\n"
            "b: \"12\"\n"
            "c: \"No\"\n"
            "d: \"x: y\"\n"
            "e: \"\"\n"
            "f: \"1h\"\n"
            "g: true\n");
}

TEST(JsonToYamlTest, ListsOfLists) {
  EXPECT_EQ(JsonToYaml(R"([[1,[2]],3])"), "-\n  - 1\n  -\n    - 2\n- 3\n");
}

TEST(JsonToYamlTest, WhatIsNoJsonStaysAsItIs) { EXPECT_EQ(JsonToYaml("{a"), "{a"); }

TEST(PrintTableTest, MakesColumnsAsWideAsTheirWidestCell) {
  std::ostringstream out;
  PrintTable({"A", "LONG", "C"}, {{"wider", "x", "y"}, {"1", "2", ""}}, out);
  EXPECT_EQ(out.str(),
            "A       LONG   C\n"
            "wider   x      y\n"
            "1       2\n");
}

}  // namespace
}  // namespace sluice::sluicectl
