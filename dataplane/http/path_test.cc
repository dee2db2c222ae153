// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/path.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::http {
namespace {

using Outcome = NormalizedPath::Outcome;

std::string Normalize(std::string_view path, PathOptions options = {}) {
  base::Arena arena;
  const NormalizedPath result = NormalizePath(path, options, arena);
  if (result.outcome == Outcome::kReject) return "reject " + std::string(result.detail);
  return (result.outcome == Outcome::kRedirect ? "redirect " : "") + std::string(result.path);
}

TEST(PathAttackTest, PN_01_DotSegmentsAndSlashesAreResolvedOnce) {
  EXPECT_EQ(Normalize("/a/../admin"), "/admin");
  EXPECT_EQ(Normalize("/a/%2e%2e/admin"), "/admin");
  EXPECT_EQ(Normalize("/a/%2E%2e"), "/");
  EXPECT_EQ(Normalize("/./a/./b"), "/a/b");
  EXPECT_EQ(Normalize("//admin"), "/admin");
  EXPECT_EQ(Normalize("/a//b//"), "/a/b/");
  EXPECT_EQ(Normalize("/a/b/.."), "/a/");
  EXPECT_EQ(Normalize("/.."), "reject path-above-root");
  EXPECT_EQ(Normalize("/a/../../b"), "reject path-above-root");
}

TEST(PathAttackTest, PN_02_EscapedSlashesFollowTheirSetting) {
  for (const char* path : {"/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b"}) {
    EXPECT_EQ(Normalize(path), "reject path-escaped-slash") << path;
    EXPECT_EQ(Normalize(path, {.escaped_slashes = EscapedSlashes::kUnescapeAndForward}), "/a/b");
    EXPECT_EQ(Normalize(path, {.escaped_slashes = EscapedSlashes::kUnescapeAndRedirect}),
              "redirect /a/b");
  }
  EXPECT_EQ(Normalize("/a%2fb", {.escaped_slashes = EscapedSlashes::kKeep}), "/a%2Fb");
  EXPECT_EQ(Normalize("/x%2f..%2fadmin", {.escaped_slashes = EscapedSlashes::kUnescapeAndForward}),
            "/admin");
}

TEST(PathAttackTest, PN_03_BrokenAndDoubleEscapesAreRefused) {
  EXPECT_EQ(Normalize("/%2561"), "reject path-double-escape");
  EXPECT_EQ(Normalize("/%u0061"), "reject path-bad-escape");
  EXPECT_EQ(Normalize("/%zz"), "reject path-bad-escape");
  EXPECT_EQ(Normalize("/%"), "reject path-bad-escape");
  EXPECT_EQ(Normalize("/%c0%af"), "reject path-not-utf8");
  EXPECT_EQ(Normalize("/%ed%a0%80"), "reject path-not-utf8");
  EXPECT_EQ(Normalize("/%00"), "reject path-escaped-nul");
}

TEST(PathTest, QueryIsLeftAlone) {
  EXPECT_EQ(Normalize("/a?b=/../%2f%zz"), "/a?b=/../%2f%zz");
  EXPECT_EQ(Normalize("/a/./b?x=//"), "/a/b?x=//");
}

TEST(PathTest, UnreservedEscapesAreDecodedAndOthersUpperCased) {
  EXPECT_EQ(Normalize("/%61%7e%3b%c3%a9"), "/a~%3B%C3%A9");
  EXPECT_EQ(Normalize("/a;x/b"), "/a;x/b");
  EXPECT_EQ(Normalize("/100%25"), "/100%25");
}

TEST(PathTest, WithoutNormalizationDotsStay) {
  EXPECT_EQ(Normalize("/a/../b", {.normalize = false, .merge_slashes = false}), "/a/../b");
  EXPECT_EQ(Normalize("/a//b", {.normalize = true, .merge_slashes = false}), "/a//b");
}

TEST(PathTest, ATailThatOnlyLooksLikeADotIsKept) {
  EXPECT_EQ(Normalize("/.well-known/x"), "/.well-known/x");
  EXPECT_EQ(Normalize("/..a/..."), "/..a/...");
}

}  // namespace
}  // namespace sluice::http
