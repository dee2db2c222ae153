// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/intake.h"

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

using http::HeaderId;

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() {
    downstream_.remote_ip = "192.0.2.9";
    head_.method = "GET";
    head_.scheme = "http";
    head_.authority = "a.example";
    head_.path = "/";
  }

  std::optional<filters::LocalReply> Take() {
    return TakeIn(config_, downstream_, random_, head_, info_, reply_headers_);
  }
  // The client's address after these X-Forwarded-For lines.
  std::string ClientOf(const std::vector<std::string>& lines) {
    head_.headers.Clear();
    for (const std::string& line : lines) {
      head_.headers.Add(HeaderId::kXForwardedFor, head_.arena.Copy(line));
    }
    Take();
    return std::string(info_.client_address);
  }
  std::string Host(std::string_view authority) {
    head_.authority = authority;
    Take();
    return std::string(head_.authority);
  }
  bool Has(std::string_view name) { return head_.headers.Find(name) != nullptr; }

  base::Arena arena_;
  config::HttpConnection config_;
  http::DownstreamInfo downstream_;
  Random random_{7};
  http::RequestHead head_{arena_};
  http::StreamInfo info_;
  http::HeaderMap reply_headers_;
};

TEST_F(IntakeTest, AtTheEdgeThePeerIsTheClient) {
  EXPECT_EQ(ClientOf({"203.0.113.1", "203.0.113.2"}), "192.0.2.9");
}

TEST_F(IntakeTest, TrustedHopsAreCountedFromTheRightOverAllLines) {
  config_.xff_trusted_hops = 2;
  EXPECT_EQ(ClientOf({"203.0.113.1, 203.0.113.2", "203.0.113.3"}), "203.0.113.2");
  EXPECT_EQ(ClientOf({"203.0.113.1,203.0.113.2 , 203.0.113.3"}), "203.0.113.2");
  EXPECT_EQ(ClientOf({"2001:db8::1, 203.0.113.3"}), "2001:db8::1");
}

TEST_F(IntakeTest, FewerHopsThanTrustedMeansThePeer) {
  config_.xff_trusted_hops = 3;
  EXPECT_EQ(ClientOf({"203.0.113.1, 203.0.113.2"}), "192.0.2.9");
  EXPECT_EQ(ClientOf({}), "192.0.2.9");
}

TEST_F(IntakeTest, BehindAProxyTheLastEntryIsTheClient) {
  config_.use_remote_address = false;
  EXPECT_EQ(ClientOf({"203.0.113.1, 203.0.113.2"}), "203.0.113.2");
  config_.xff_trusted_hops = 1;
  EXPECT_EQ(ClientOf({"203.0.113.1, 203.0.113.2"}), "203.0.113.1");
}

// HD-02.
TEST_F(IntakeTest, WhatIsNoAddressIsNoClient) {
  config_.xff_trusted_hops = 1;
  for (const char* entry :
       {"unknown", "203.0.113.1:80", "[2001:db8::1]:80", "fe80::1%eth0", "....", "::::", "1.2.3",
        "1.2.3.4.5", "de:ad", "", ",", "_hidden", "203.0.113.1 x"}) {
    EXPECT_EQ(ClientOf({entry}), "192.0.2.9") << entry;
  }
  EXPECT_EQ(ClientOf({std::string("203.0.113.1\0", 12)}), "192.0.2.9");
  EXPECT_EQ(ClientOf({std::string(5000, '1')}), "192.0.2.9");
  std::string hops;
  for (int i = 0; i < 50; ++i) absl::StrAppend(&hops, i == 0 ? "" : ", ", "203.0.113.", i);
  EXPECT_EQ(ClientOf({hops}), "203.0.113.49");
}

TEST_F(IntakeTest, ThePeerIsAppendedToTheLastForwardedForLine) {
  ClientOf({"203.0.113.1", "203.0.113.2"});
  ASSERT_EQ(head_.headers.Count(HeaderId::kXForwardedFor), 2u);
  EXPECT_EQ(head_.headers.begin()[0].value, "203.0.113.1");
  EXPECT_EQ(head_.headers.begin()[1].value, "203.0.113.2, 192.0.2.9");
  ClientOf({});
  EXPECT_EQ(head_.headers.Get(HeaderId::kXForwardedFor), "192.0.2.9");
  config_.skip_xff_append = true;
  ClientOf({});
  EXPECT_FALSE(Has("x-forwarded-for"));
}

// HD-01.
TEST_F(IntakeTest, WhatOnlyWeMaySayIsDropped) {
  for (const char* name :
       {"forwarded", "x-forwarded-host", "x-forwarded-port", "x-forwarded-client-cert",
        "x-envoy-original-path", "x-envoy-anything", "x-sluice-explain"}) {
    head_.headers.Add(name, "evil");
  }
  head_.headers.Add("x-forwarded-proto", "https");
  head_.headers.Add("x-user", "kept");
  downstream_.remote_ip = "10.0.0.1";  // A private address is not internal by itself.
  Take();
  EXPECT_TRUE(Has("x-user"));
  EXPECT_EQ(head_.headers.Get(HeaderId::kXForwardedProto), "http");
  EXPECT_EQ(head_.headers.Count(HeaderId::kXForwardedProto), 1u);
  for (const auto& field : head_.headers) EXPECT_NE(field.value, "evil") << field.name;
}

TEST_F(IntakeTest, ATrustedProxySaysHowTheClientCameAndNoMore) {
  config_.xff_trusted_hops = 1;
  head_.headers.Add("x-forwarded-proto", "https");
  head_.headers.Add("x-forwarded-host", "public.example");
  head_.headers.Add("x-envoy-original-path", "/evil");
  head_.headers.Add("x-sluice-explain", "evil");
  head_.headers.Add("x-forwarded-client-cert", "evil");
  Take();
  EXPECT_EQ(head_.headers.Get(HeaderId::kXForwardedProto), "https");
  EXPECT_TRUE(Has("x-forwarded-host"));
  EXPECT_FALSE(Has("x-envoy-original-path"));
  EXPECT_FALSE(Has("x-sluice-explain"));
  EXPECT_FALSE(Has("x-forwarded-client-cert"));
}

TEST_F(IntakeTest, TheSchemeIsThatOfTheConnection) {
  head_.scheme = "http";
  downstream_.tls = true;
  Take();
  EXPECT_EQ(head_.scheme, "https");
  EXPECT_EQ(head_.headers.Get(HeaderId::kXForwardedProto), "https");
}

TEST_F(IntakeTest, AtTheEdgeTheRequestIdIsOurs) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    head_.headers.Set(HeaderId::kXRequestId, "theirs");
    Take();
    const std::string id(info_.request_id);
    EXPECT_EQ(head_.headers.Get(HeaderId::kXRequestId), id);
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    for (const size_t dash : {8, 13, 18, 23}) EXPECT_EQ(id[dash], '-');
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST_F(IntakeTest, ATrustedRequestIdIsKept) {
  head_.headers.Set(HeaderId::kXRequestId, "theirs");
  config_.preserve_external_request_id = true;
  Take();
  EXPECT_EQ(info_.request_id, "theirs");
  config_ = {};
  config_.use_remote_address = false;
  Take();
  EXPECT_EQ(info_.request_id, "theirs");
  config_ = {};
  config_.generate_request_id = false;
  head_.headers.Clear();
  Take();
  EXPECT_EQ(info_.request_id, "");
}

TEST_F(IntakeTest, HostsAreStrippedAsTheSettingsSay) {
  EXPECT_EQ(Host("a.example.:80"), "a.example.:80");
  config_.strip_host_port = 80;
  EXPECT_EQ(Host("a.example:80"), "a.example");
  EXPECT_EQ(Host("a.example:8080"), "a.example:8080");
  config_.strip_any_host_port = true;
  EXPECT_EQ(Host("a.example:8080"), "a.example");
  EXPECT_EQ(Host("[::1]:8080"), "[::1]");
  EXPECT_EQ(Host("a.example."), "a.example.");
  config_.strip_trailing_host_dot = true;
  EXPECT_EQ(Host("a.example.:8080"), "a.example");
  EXPECT_EQ(Host("a.example."), "a.example");
  config_.strip_any_host_port = false;
  EXPECT_EQ(Host("a.example.:8080"), "a.example:8080");
  EXPECT_EQ(Host("."), ".");
}

TEST_F(IntakeTest, PathsAreBroughtToOneForm) {
  head_.path = "/a/../b//c?x=/../y";
  EXPECT_FALSE(Take().has_value());
  EXPECT_EQ(head_.path, "/b/c?x=/../y");
}

TEST_F(IntakeTest, BadPathsAreRefused) {
  for (const char* path : {"/%zz", "/%00", "/..", "/a%2fb", "/%c0%af"}) {
    head_.path = path;
    const auto reply = Take();
    ASSERT_TRUE(reply.has_value()) << path;
    EXPECT_EQ(reply->status, 400) << path;
    EXPECT_FALSE(reply->detail.empty()) << path;
    EXPECT_TRUE(reply->flags.Has(http::ResponseFlag::kDownstreamProtocolError)) << path;
  }
}

TEST_F(IntakeTest, APathMayBeRedirectedToItsOneForm) {
  config_.path.escaped_slashes = http::EscapedSlashes::kUnescapeAndRedirect;
  head_.path = "/a%2Fb?q";
  const auto reply = Take();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 307);
  ASSERT_EQ(reply->headers, &reply_headers_);
  EXPECT_EQ(reply_headers_.Get(HeaderId::kLocation), "/a/b?q");
}

TEST_F(IntakeTest, ARedirectToTheOneFormStaysOnThisHost) {
  config_.path.escaped_slashes = http::EscapedSlashes::kUnescapeAndRedirect;
  config_.path.merge_slashes = false;
  for (const char* path : {"/%2Fevil.example/x", "/\\evil.example/x", "//evil.example%2Fx"}) {
    head_.path = path;
    reply_headers_.Clear();
    ASSERT_TRUE(Take().has_value()) << path;
    EXPECT_EQ(reply_headers_.Get(HeaderId::kLocation), "/.//evil.example/x") << path;
  }
  head_.path = "/.//evil.example/x";
  EXPECT_FALSE(Take().has_value());
  EXPECT_EQ(head_.path, "//evil.example/x");
}

TEST_F(IntakeTest, TargetsThatAreNoPathsAreLeftAlone) {
  for (const char* path : {"*", ""}) {
    head_.path = path;
    EXPECT_FALSE(Take().has_value());
    EXPECT_EQ(head_.path, path);
  }
}

TEST(RandomTest, BelowStaysBelowAndReachesAll) {
  Random random(3);
  EXPECT_EQ(random.Below(0), 0u);
  EXPECT_EQ(random.Below(1), 0u);
  std::map<uint64_t, int> seen;
  for (int i = 0; i < 6000; ++i) ++seen[random.Below(6)];
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [value, count] : seen) EXPECT_NEAR(count, 1000, 200) << value;
}

}  // namespace
}  // namespace sluice::exchange
