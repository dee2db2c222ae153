// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/header_edits.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

using Action = config::HeaderEdit::Action;

class HeaderEditsTest : public ::testing::Test {
 protected:
  HeaderEditsTest() {
    head_.headers.Add("a", "1");
    head_.headers.Add("b", "2");
    head_.headers.Add("a", "3");
  }

  // The fields after one edit, as "name=value;".
  std::string After(const config::HeaderEdits& edits) {
    auto editor = HeaderEditor::Make(edits);
    EXPECT_TRUE(editor.ok()) << editor.status();
    if (!editor.ok()) return "";
    http::HeaderMap headers = head_.headers;
    editor->Apply({.info = info_, .request = &head_}, headers, arena_);
    std::string out;
    for (const auto& field : headers) {
      out.append(field.name).append("=").append(field.value).append(";");
    }
    return out;
  }
  std::string After(Action action, std::string name, std::string value, bool keep_empty = false) {
    return After({.set = {{action, std::move(name), std::move(value), keep_empty}}});
  }

  base::Arena arena_;
  http::RequestHead head_{arena_};
  http::StreamInfo info_;
};

TEST_F(HeaderEditsTest, RemovalTakesEveryCopy) { EXPECT_EQ(After({.remove = {"a"}}), "b=2;"); }

TEST_F(HeaderEditsTest, RemovalsComeBeforeEdits) {
  EXPECT_EQ(After({.remove = {"a"}, .set = {{Action::kAddIfAbsent, "a", "n"}}}), "b=2;a=n;");
}

TEST_F(HeaderEditsTest, ActionsDoWhatTheySay) {
  EXPECT_EQ(After(Action::kAppend, "a", "n"), "a=1;b=2;a=3;a=n;");
  EXPECT_EQ(After(Action::kAddIfAbsent, "a", "n"), "a=1;b=2;a=3;");
  EXPECT_EQ(After(Action::kAddIfAbsent, "c", "n"), "a=1;b=2;a=3;c=n;");
  EXPECT_EQ(After(Action::kOverwrite, "a", "n"), "a=n;b=2;");
  EXPECT_EQ(After(Action::kOverwrite, "c", "n"), "a=1;b=2;a=3;c=n;");
  EXPECT_EQ(After(Action::kOverwriteIfExists, "b", "n"), "a=1;b=n;a=3;");
  EXPECT_EQ(After(Action::kOverwriteIfExists, "c", "n"), "a=1;b=2;a=3;");
}

TEST_F(HeaderEditsTest, EmptyValuesAreLeftOutUnlessKept) {
  EXPECT_EQ(After(Action::kAppend, "c", "%REQ(x-none)%"), "a=1;b=2;a=3;");
  EXPECT_EQ(After(Action::kAppend, "c", "", /*keep_empty=*/true), "a=1;b=2;a=3;c=;");
  EXPECT_EQ(After(Action::kOverwrite, "b", "%REQ(x-none)%", true), "a=1;b=;a=3;");
}

TEST_F(HeaderEditsTest, OperatorsAreFilledIn) {
  EXPECT_EQ(After(Action::kAppend, "c", "v-%REQ(b)%"), "a=1;b=2;a=3;c=v-2;");
}

// H1-29.
TEST_F(HeaderEditsTest, AValueThatCouldEndALineIsDroppedWithItsField) {
  for (const std::string_view evil : {"x\r\nset-cookie: y", "x\ny", "x\ry"}) {
    head_.headers.Set("b", evil);
    const std::string after = After(Action::kAppend, "c", "%REQ(b)%");
    EXPECT_EQ(after.find("c="), std::string::npos) << after;
  }
  head_.headers.Set("b", std::string_view("x\0y", 3));
  EXPECT_EQ(After(Action::kAppend, "c", "%REQ(b)%").find("c="), std::string::npos);
}

TEST_F(HeaderEditsTest, AFormatThatIsNoneIsRefused) {
  const config::HeaderEdits edits{.set = {{Action::kAppend, "c", "%NO_SUCH_OPERATOR%"}}};
  EXPECT_FALSE(HeaderEditor::Make(edits).ok());
}

}  // namespace
}  // namespace sluice::exchange
