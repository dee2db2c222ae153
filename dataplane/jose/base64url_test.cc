// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/base64url.h"

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

TEST(Base64UrlTest, DecodesWhatOthersEncode) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(DecodeBase64Url(absl::WebSafeBase64Escape(bytes)), bytes);
    EXPECT_EQ(absl::WebSafeBase64Escape(bytes).size(), Base64UrlSize(bytes.size()));
    bytes.push_back(static_cast<char>(i * 7));
  }
  // RFC 7515 appendix C.
  EXPECT_EQ(DecodeBase64Url("A-z_4ME"), std::string("\x03\xec\xff\xe0\xc1"));
}

TEST(Base64UrlTest, RefusesWhatIsNotInTheAlphabet) {
  for (const char* text : {"QQ==", "QQ=", "Q Q", "QUI\n", "QU+I", "QU/I", "QU.I", "\xc3\x84QQ"}) {
    EXPECT_EQ(DecodeBase64Url(text), std::nullopt) << text;
  }
  EXPECT_EQ(DecodeBase64Url(std::string_view("QU\0I", 4)), std::nullopt);
}

TEST(Base64UrlTest, RefusesHalfAByte) {
  EXPECT_EQ(DecodeBase64Url("A"), std::nullopt);
  EXPECT_EQ(DecodeBase64Url("QUJDR"), std::nullopt);
}

TEST(Base64UrlTest, ExactlyOneTextStandsForSomeBytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<std::string> seen;
  size_t decoded = 0;
  for (const char a : kDigits) {
    for (const char b : kDigits) {
      const auto bytes = DecodeBase64Url(std::string{a, b});
      if (!bytes.has_value()) continue;
      ++decoded;
      seen.insert(*bytes);
    }
  }
  EXPECT_EQ(decoded, 256u);
  EXPECT_EQ(seen.size(), 256u);
}

}  // namespace
}  // namespace sluice::jose
