// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/local_reply.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::exchange {
namespace {

using http::HeaderId;

class LocalReplyTest : public ::testing::Test {
 protected:
  LocalReplyTest() { request_.method = "GET"; }

  std::string Make(const filters::LocalReply& reply) {
    body_.Clear();
    MakeLocalReply(reply, request_, response_, body_);
    return body_.ToString();
  }

  base::Arena arena_;
  http::RequestHead request_{arena_};
  http::ResponseHead response_{arena_};
  base::Buffer body_;
};

TEST_F(LocalReplyTest, AnErrorIsProblemDetails) {
  EXPECT_EQ(Make({.status = 404, .detail = "route-not-found", .message = "No route."}),
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
            "\"detail\":\"No route.\",\"reason\":\"route-not-found\"}\n");
  EXPECT_EQ(response_.status, 404);
  EXPECT_EQ(response_.headers.Get(HeaderId::kContentType), "application/problem+json");
  EXPECT_EQ(response_.framing.kind, http::Framing::Kind::kLength);
  EXPECT_EQ(response_.framing.length, body_.size());
}

TEST_F(LocalReplyTest, TextIsEscapedForJson) {
  const std::string body = Make({.status = 400, .message = "a \"b\" \\ \n\x01"});
  EXPECT_NE(body.find(R"("detail":"a \"b\" \\ \u000A\u0001")"), std::string::npos) << body;
}

TEST_F(LocalReplyTest, HeadGetsTheLengthButNoBody) {
  request_.method = "HEAD";
  EXPECT_EQ(Make({.status = 503, .detail = "x"}), "");
  EXPECT_EQ(response_.framing.kind, http::Framing::Kind::kLength);
  EXPECT_GT(response_.framing.length, 0u);
}

TEST_F(LocalReplyTest, StatusesWithoutContentHaveNone) {
  for (const uint16_t status : {uint16_t{204}, uint16_t{304}}) {
    EXPECT_EQ(Make({.status = status, .body = "no", .content_type = "text/plain"}), "");
    EXPECT_EQ(response_.framing.kind, http::Framing::Kind::kNone);
  }
}

TEST_F(LocalReplyTest, ARedirectIsItsHead) {
  http::HeaderMap headers;
  headers.Add(HeaderId::kLocation, "https://a/");
  EXPECT_EQ(Make({.status = 301, .headers = &headers}), "");
  EXPECT_EQ(response_.headers.Get(HeaderId::kLocation), "https://a/");
  EXPECT_EQ(response_.framing.kind, http::Framing::Kind::kLength);
  EXPECT_EQ(response_.framing.length, 0u);
}

TEST_F(LocalReplyTest, ABodyOfItsOwnReplacesProblemDetails) {
  EXPECT_EQ(Make({.status = 403, .body = "<p>no", .content_type = "text/html"}), "<p>no");
  EXPECT_EQ(response_.headers.Get(HeaderId::kContentType), "text/html");
}

TEST_F(LocalReplyTest, WhatTheUpstreamHadSaidIsGone) {
  response_.headers.Add("x-old", "1");
  response_.framing = {http::Framing::Kind::kStreamed, 0};
  Make({.status = 204});
  EXPECT_TRUE(response_.headers.empty());
}

TEST_F(LocalReplyTest, AGrpcClientGetsTrailersOnly) {
  request_.headers.Add(HeaderId::kContentType, "application/grpc+proto");
  EXPECT_EQ(Make({.status = 503, .detail = "x", .message = "50% of h\xc3\xa9 \n"}), "");
  EXPECT_EQ(response_.status, 200);
  EXPECT_EQ(response_.headers.Get(HeaderId::kContentType), "application/grpc");
  EXPECT_EQ(response_.headers.Get(HeaderId::kGrpcStatus), "14");
  EXPECT_EQ(response_.headers.Get(HeaderId::kGrpcMessage), "50%25 of h%C3%A9 %0A");
  EXPECT_EQ(response_.framing.kind, http::Framing::Kind::kNone);
}

TEST_F(LocalReplyTest, GrpcIsRecognizedByItsExactType) {
  const auto is_grpc = [](std::string_view type) {
    base::Arena arena;
    http::RequestHead request(arena);
    request.headers.Add(HeaderId::kContentType, type);
    return IsGrpc(request);
  };
  EXPECT_TRUE(is_grpc("application/grpc"));
  EXPECT_TRUE(is_grpc("application/grpc+json"));
  EXPECT_TRUE(is_grpc("application/grpc;x=y"));
  EXPECT_FALSE(is_grpc("application/grpc-web"));
  EXPECT_FALSE(is_grpc("application/json"));
  EXPECT_FALSE(is_grpc(""));
}

TEST_F(LocalReplyTest, StatusesMapToGrpcAsGrpcSays) {
  const std::pair<uint16_t, int> cases[] = {{400, 13}, {401, 16}, {403, 7},  {404, 12}, {429, 14},
                                            {502, 14}, {503, 14}, {504, 14}, {413, 2},  {500, 2}};
  for (const auto& [status, code] : cases) EXPECT_EQ(GrpcStatusOf(status), code) << status;
}

}  // namespace
}  // namespace sluice::exchange
