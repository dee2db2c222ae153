// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "dataplane/filters/identify/basic.h"

namespace sluice::filters {
namespace {

using Kind = CredentialSource::Kind;
using Texts = std::vector<std::string>;

class CredentialsTest : public testing::Test {
 protected:
  Texts Find(const CredentialSource& source) {
    Credentials found;
    FindCredentials(head_, source, arena_, found);
    return {found.begin(), found.end()};
  }
  std::string PathWithout(std::string_view path, std::string parameter = "key") {
    head_.path = path;
    RemoveCredentials({Kind::kQuery, std::move(parameter), ""}, head_);
    return std::string(head_.path);
  }
  Texts CookiesWithout(Texts lines) {
    http::RequestHead head(arena_);
    for (const std::string& line : lines) head.headers.Add("cookie", arena_.Copy(line));
    RemoveCredentials({Kind::kCookie, "key", ""}, head);
    Texts left;
    for (const auto& field : head.headers) left.emplace_back(field.value);
    return left;
  }

  base::Arena arena_;
  http::RequestHead head_{arena_};
};

TEST_F(CredentialsTest, AHeaderIsFoundBehindItsPrefixInAnyCase) {
  head_.headers.Add("authorization", "bearer abc");
  head_.headers.Add("authorization", "Basic xyz");
  EXPECT_EQ(Find({Kind::kHeader, "authorization", "Bearer "}), Texts{"abc"});
  EXPECT_EQ(Find({Kind::kHeader, "authorization", "Basic "}), Texts{"xyz"});
  EXPECT_EQ(Find({Kind::kHeader, "authorization", "Digest "}), Texts{});
  EXPECT_EQ(Find({Kind::kHeader, "x-api-key", ""}), Texts{});
}

TEST_F(CredentialsTest, ASchemeIsOneWhateverSpaceFollows) {
  for (const auto& [value, found] : {std::pair{"Bearer\tabc", Texts{"abc"}},
                                     {"BEARER   abc", {"abc"}},
                                     {"Bearer", {""}},
                                     {"Bearerabc", {}},
                                     {"Bear", {}}}) {
    head_.headers.Clear();
    head_.headers.Add("authorization", value);
    EXPECT_EQ(Find({Kind::kHeader, "authorization", "Bearer "}), found) << value;
    RemoveCredentials({Kind::kHeader, "authorization", "Bearer "}, head_);
    EXPECT_EQ(head_.headers.empty(), !found.empty()) << value;
  }
  head_.headers.Clear();
  head_.headers.Add("x-key", "k-abc");
  EXPECT_EQ(Find({Kind::kHeader, "x-key", "k-"}), Texts{"abc"});
}

TEST_F(CredentialsTest, Hd04EveryCopyIsFoundAndEqualOnesAreOne) {
  head_.headers.Add("x-api-key", "a");
  head_.headers.Add("x-api-key", "b");
  head_.headers.Add("x-api-key", "a");
  EXPECT_EQ(Find({Kind::kHeader, "x-api-key", ""}), (Texts{"a", "b"}));
  RemoveCredentials({Kind::kHeader, "x-api-key", ""}, head_);
  EXPECT_TRUE(head_.headers.empty());
}

TEST_F(CredentialsTest, AHeaderWithoutThePrefixStays) {
  head_.headers.Add("authorization", "Bearer abc");
  head_.headers.Add("authorization", "Digest abc");
  RemoveCredentials({Kind::kHeader, "authorization", "Bearer "}, head_);
  ASSERT_EQ(head_.headers.size(), 1U);
  EXPECT_EQ(head_.headers.Get(http::HeaderId::kAuthorization), "Digest abc");
}

TEST_F(CredentialsTest, AQueryParameterIsDecoded) {
  head_.path = "/p?x=key=1&key=a%2Bb+c%&%6B%65y=2&keys=3";
  EXPECT_EQ(Find({Kind::kQuery, "key", ""}), (Texts{"a+b+c%", "2"}));
  head_.path = "/p?key";
  EXPECT_EQ(Find({Kind::kQuery, "key", ""}), Texts{""});
  head_.path = "/key=1";
  EXPECT_EQ(Find({Kind::kQuery, "key", ""}), Texts{});
}

TEST_F(CredentialsTest, TheRestOfTheQueryStaysByteForByte) {
  EXPECT_EQ(PathWithout("/p?key=1"), "/p");
  EXPECT_EQ(PathWithout("/p?key=1&b=%zz"), "/p?b=%zz");
  EXPECT_EQ(PathWithout("/p?a=%2f&key=1"), "/p?a=%2f");
  EXPECT_EQ(PathWithout("/p?a&key=1&&b=?&%6bey&c="), "/p?a&&b=?&c=");
  EXPECT_EQ(PathWithout("/p?"), "/p?");
  EXPECT_EQ(PathWithout("/p?&"), "/p?&");
  EXPECT_EQ(PathWithout("/p"), "/p");
}

TEST_F(CredentialsTest, ACookieIsFoundInEveryLine) {
  head_.headers.Add("cookie", "a=1; key=x ;b=2");
  head_.headers.Add("cookie", "key=\"y\"");
  EXPECT_EQ(Find({Kind::kCookie, "key", ""}), (Texts{"x", "y"}));
  EXPECT_EQ(Find({Kind::kCookie, "Key", ""}), Texts{}) << "cookie names have a case";
}

TEST_F(CredentialsTest, OtherCookiesStay) {
  EXPECT_EQ(CookiesWithout({"a=1; key=x; b=\"2\""}), (Texts{"a=1; b=\"2\""}));
  EXPECT_EQ(CookiesWithout({"a=1;key=x;b=2"}), (Texts{"a=1; b=2"}));
  EXPECT_EQ(CookiesWithout({"a=1;b=2"}), (Texts{"a=1;b=2"}));
  EXPECT_EQ(CookiesWithout({"key=x", "a=1"}), (Texts{"a=1"}));
  EXPECT_EQ(CookiesWithout({"key=x; key=y; keys=z"}), (Texts{"keys=z"}));
}

TEST(BasicTest, ReadsTheExampleOfTheRfc) {
  const auto credential = ParseBasic("QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ASSERT_TRUE(credential.has_value());
  EXPECT_EQ(credential->username, "Aladdin");
  EXPECT_EQ(credential->password, "open sesame");
}

TEST(BasicTest, APasswordMayHoldColons) {
  const auto credential = ParseBasic(absl::Base64Escape("u:a:b"));
  ASSERT_TRUE(credential.has_value());
  EXPECT_EQ(credential->username, "u");
  EXPECT_EQ(credential->password, "a:b");
}

TEST(BasicTest, WhatIsNoCredentialIsNone) {
  using namespace std::string_literals;
  for (const std::string& bad :
       {""s, "%%%"s, "QWxhZGRpbjpvcGVuIHNlc2FtZQ"s, "QWxhZGRpbjpv cGVuIHNlc2FtZQ=="s,
        absl::Base64Escape("nocolon"), absl::Base64Escape("u:p\0q"s), absl::Base64Escape("u:\n"),
        std::string(kMaxBasicBytes + 4, 'A')}) {
    EXPECT_FALSE(ParseBasic(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace sluice::filters
