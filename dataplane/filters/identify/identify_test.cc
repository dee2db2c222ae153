// SPDX-License-Identifier: Apache-2.0
#include "dataplane/filters/identify/identify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dataplane/crypto/digest.h"
#include "dataplane/crypto/test_signing_key.h"
#include "dataplane/filters/chain/filter_host_fake.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/http/path.h"
#include "dataplane/jose/verify/verifying_key_set.h"

namespace sluice::filters {
namespace {

using Kind = CredentialSource::Kind;

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

// A token of `claims`, signed with HS256.
std::string Token(std::string_view claims, std::string_view secret = kSecret) {
  const std::string input = absl::StrCat(absl::WebSafeBase64Escape(R"({"alg":"HS256"})"), ".",
                                         absl::WebSafeBase64Escape(claims));
  const auto key = crypto::TestSigningKey::Secret(std::string(secret));
  return absl::StrCat(
      input, ".", absl::WebSafeBase64Escape(key.Sign(crypto::SignatureAlgorithm::kHs256, input)));
}

std::shared_ptr<const jose::VerifyingKeySet> Keys() {
  auto keys = jose::VerifyingKeySet::Parse(
      absl::StrCat(R"({"keys":[{"kty":"oct","k":")", absl::WebSafeBase64Escape(kSecret), "\"}]}"));
  EXPECT_TRUE(keys.ok()) << keys.status();
  return *keys;
}

IdentifyMethod KeyMethod(std::vector<CredentialSource> from = {{Kind::kHeader, "x-api-key", ""}}) {
  return {.name = "key", .challenge = "ApiKey realm=\"r\"", .how = ApiKeyMethod{.from = from}};
}

IdentifyMethod TokenMethod(std::string name = "jwt", std::string issuer = "https://issuer") {
  auto rules = std::make_shared<jose::TokenRules>();
  rules->issuer = std::move(issuer);
  return {.name = std::move(name),
          .challenge = "Bearer realm=\"r\"",
          .how = JwtMethod{.rules = std::move(rules),
                           .keys = Keys(),
                           .from = {{Kind::kHeader, "authorization", "Bearer "},
                                    {Kind::kQuery, "access_token", ""}}}};
}

IdentifyMethod PasswordMethod() {
  return {.name = "basic", .challenge = "Basic realm=\"r\"", .how = BasicMethod{}};
}

IdentifyMethod CertificateMethodOf() {
  return {.name = "mtls", .challenge = "ClientCertificate", .how = CertificateMethod{}};
}

constexpr std::string_view kGoodClaims =
    R"({"iss":"https://issuer","sub":"alice","scope":"read write","roles":["a","b"]})";

class IdentifyTest : public testing::Test {
 protected:
  IdentifyTest() {
    settings_.policy = "AuthPolicy/shop/p";
    settings_.consumer_namespace = "shop";
    host_.worker().Add(
        {.name = "shop/alice",
         .groups = {"gold"},
         .api_keys = {{crypto::Sha256("k-alice"), 0}, {crypto::Sha256("k-old"), 1'600'000'000}},
         .passwords = {{"alice", "$hash"}},
         .tokens = {{"https://issuer", "alice"}},
         .certificate_names = {"spiffe://x/alice"}});
    host_.worker().Add({.name = "shop/bob", .api_keys = {{crypto::Sha256("k-bob"), 0}}});
    host_.worker().Add({.name = "other/carol", .api_keys = {{crypto::Sha256("k-carol"), 0}}});
  }
  ~IdentifyTest() override { DropFilter(); }

  // Makes the filter at the first call.
  Verdict Ask() {
    DropFilter();
    policies_.push_back(std::make_shared<const IdentifyPolicy>(settings_));
    host_.set_route_config(policies_.back().get());
    filter_ = CreateIdentify(host_, nullptr, host_.arena());
    return filter_ == nullptr ? Verdict::kContinue : filter_->OnRequest(host_.request(), true);
  }
  void DropFilter() {
    if (filter_ != nullptr) std::exchange(filter_, nullptr)->~Filter();
  }
  void Header(std::string_view name, std::string_view value) {
    host_.request().headers.Add(name, host_.arena().Copy(value));
  }
  void Bearer(std::string_view token) { Header("authorization", absl::StrCat("Bearer ", token)); }
  void Basic(std::string_view user_password) {
    Header("authorization", absl::StrCat("Basic ", absl::Base64Escape(user_password)));
  }
  void ExpectRefused(uint16_t status, std::string_view detail) {
    ASSERT_TRUE(host_.reply().has_value());
    EXPECT_EQ(host_.reply()->status, status);
    EXPECT_EQ(host_.reply()->detail, detail);
    EXPECT_EQ(host_.info().identity, nullptr);
  }
  std::vector<std::string> Challenges() {
    std::vector<std::string> out;
    for (const auto& [name, value] : host_.reply()->headers) {
      if (name == "www-authenticate") out.push_back(value);
    }
    return out;
  }
  std::string Consumer() {
    return host_.info().identity == nullptr ? "" : std::string(host_.info().identity->consumer);
  }
  bool HasHeader(std::string_view name) { return host_.request().headers.Find(name) != nullptr; }

  FakeFilterHost host_;
  IdentifySettings settings_;
  std::vector<std::shared_ptr<const IdentifyPolicy>> policies_;
  Filter* filter_ = nullptr;
};

TEST_F(IdentifyTest, WhereNobodyIsAskedThereIsNoFilter) {
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(filter_, nullptr);
  host_.set_route_config(nullptr);
  EXPECT_EQ(CreateIdentify(host_, nullptr, host_.arena()), nullptr);
}

// ---- Keys ---------------------------------------------------------------------------------------

TEST_F(IdentifyTest, AKeyNamesItsConsumerAndIsTakenOut) {
  settings_.methods = {KeyMethod()};
  Header("x-api-key", "k-alice");
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "shop/alice");
  ASSERT_EQ(host_.info().identity->groups.size(), 1U);
  EXPECT_EQ(host_.info().identity->groups[0], "gold");
  EXPECT_EQ(host_.info().identity->method, "key");
  EXPECT_FALSE(HasHeader("x-api-key"));
  EXPECT_EQ(host_.worker().count("AuthPolicy/shop/p allowed identified"), 1);
}

TEST_F(IdentifyTest, AKeyMayBeForwarded) {
  settings_.methods = {KeyMethod()};
  std::get<ApiKeyMethod>(settings_.methods[0].how).forward = true;
  Header("x-api-key", "k-alice");
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_TRUE(HasHeader("x-api-key"));
}

TEST_F(IdentifyTest, AKeyOfNobodyIsRefused) {
  settings_.methods = {KeyMethod()};
  Header("x-api-key", "k-mallory");
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "api-key-unknown");
  EXPECT_EQ(Challenges(), std::vector<std::string>{"ApiKey realm=\"r\""});
  EXPECT_EQ(host_.worker().count("AuthPolicy/shop/p denied api-key-unknown"), 1);
}

TEST_F(IdentifyTest, AKeyOfAnotherNamespaceIsNobodys) {
  settings_.methods = {KeyMethod()};
  Header("x-api-key", "k-carol");
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "api-key-unknown");
}

TEST_F(IdentifyTest, AKeyThatHasExpiredIsRefused) {
  settings_.methods = {KeyMethod()};
  Header("x-api-key", "k-old");
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "api-key-expired");
}

TEST_F(IdentifyTest, AKeyIsFoundInQueryAndCookie) {
  settings_.methods = {KeyMethod({{Kind::kQuery, "key", ""}, {Kind::kCookie, "key", ""}})};
  host_.request().path = "/p?a=%2F&key=k-alice&b";
  Header("cookie", "s=1; key=k-alice");
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "shop/alice");
  EXPECT_EQ(host_.request().path, "/p?a=%2F&b");
  EXPECT_EQ(host_.request().headers.Get(http::HeaderId::kCookie), "s=1");
}

// HD-04: the same credential header twice.
TEST_F(IdentifyTest, Hd04TwoDifferentKeysAreRefused) {
  settings_.methods = {KeyMethod()};
  for (const auto& [first, second] : {std::pair{"k-alice", "k-bob"},
                                      {"k-alice", "k-mallory"},
                                      {"k-mallory", "k-alice"},
                                      {"k-alice", ""}}) {
    host_.request().headers.Clear();
    Header("x-api-key", first);
    Header("x-api-key", second);
    EXPECT_EQ(Ask(), Verdict::kReply);
    ExpectRefused(401, "credential-ambiguous");
  }
}

TEST_F(IdentifyTest, Hd04TheSameKeyTwiceIsOneAndBothGo) {
  settings_.methods = {KeyMethod()};
  Header("x-api-key", "k-alice");
  Header("x-api-key", "k-alice");
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_FALSE(HasHeader("x-api-key"));
}

// ---- Nobody -------------------------------------------------------------------------------------

TEST_F(IdentifyTest, WithoutCredentialAllMethodsAreOffered) {
  settings_.methods = {KeyMethod(), TokenMethod(), PasswordMethod()};
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "credential-missing");
  EXPECT_EQ(Challenges().size(), 3U);
}

TEST_F(IdentifyTest, NobodyMayPassWhereMissingIsAllowed) {
  settings_.methods = {KeyMethod()};
  settings_.allow_missing = true;
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(host_.info().identity, nullptr);
  EXPECT_EQ(host_.worker().count("AuthPolicy/shop/p allowed anonymous"), 1);
}

// PN-08: every form of a path against a route that wants a credential.
TEST_F(IdentifyTest, Pn08NoFormOfAPathGetsByWithoutCredential) {
  settings_.methods = {TokenMethod()};
  for (const std::string_view path : {"/admin",
                                      "/a/../admin",
                                      "/%2e%2e/admin",
                                      "/./admin",
                                      "//admin",
                                      "/..",
                                      "/a%2fadmin",
                                      "/a%5cadmin",
                                      "/a\\admin",
                                      "/%2561dmin",
                                      "/%u0061dmin",
                                      "/%zz",
                                      "/%c0%af",
                                      "/%00",
                                      "/admin?",
                                      "/admin%3f",
                                      "/admin;x/users",
                                      "/a;x/admin",
                                      "/ADMIN",
                                      "/admin?access_token",
                                      "/admin?access_token=",
                                      "/admin?access_token=x"}) {
    const http::NormalizedPath normal = http::NormalizePath(path, {}, host_.arena());
    if (normal.outcome != http::NormalizedPath::Outcome::kOk) continue;  // 400 or 307.
    host_.request().path = normal.path;
    EXPECT_EQ(Ask(), Verdict::kReply) << path;
    ASSERT_TRUE(host_.reply().has_value());
    EXPECT_EQ(host_.reply()->status, 401) << path;
  }
}

// ---- Tokens -------------------------------------------------------------------------------------

TEST_F(IdentifyTest, ATokenNamesItsSubjectConsumerAndScopes) {
  settings_.methods = {TokenMethod()};
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kContinue);
  const http::Identity* identity = host_.info().identity;
  ASSERT_NE(identity, nullptr);
  EXPECT_EQ(identity->consumer, "shop/alice");
  EXPECT_EQ(identity->issuer, "https://issuer");
  EXPECT_EQ(identity->subject, "alice");
  ASSERT_EQ(identity->scopes.size(), 2U);
  EXPECT_EQ(identity->scopes[1], "write");
  EXPECT_NE(identity->claims->Find("roles"), nullptr);
  EXPECT_FALSE(HasHeader("authorization"));
}

TEST_F(IdentifyTest, ATokenOfNoConsumerIsGoodUnlessOneIsWanted) {
  const std::string token = Token(R"({"iss":"https://issuer","sub":"zoe"})");
  settings_.methods = {TokenMethod()};
  Bearer(token);
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "");
  EXPECT_EQ(host_.info().identity->subject, "zoe");
  host_.info().identity = nullptr;
  settings_.require_consumer = true;
  Bearer(token);
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(403, "consumer-not-found");
}

TEST_F(IdentifyTest, AChallengeSaysWhatIsWrongWithAToken) {
  settings_.methods = {TokenMethod()};
  Bearer(Token(R"({"iss":"https://issuer","exp":1000})"));
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "jwt-expired");
  EXPECT_EQ(Challenges(),
            std::vector<std::string>{
                "Bearer realm=\"r\", error=\"invalid_token\", error_description=\"jwt-expired\""});
}

TEST_F(IdentifyTest, ARequiredClaimIsRequired) {
  settings_.methods = {TokenMethod()};
  auto& jwt = std::get<JwtMethod>(settings_.methods[0].how);
  jwt.required = {{"roles", {"b"}}};
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kContinue);
  host_.info().identity = nullptr;
  std::get<JwtMethod>(settings_.methods[0].how).required = {{"roles", {"c"}}};
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kReply);
  ASSERT_TRUE(host_.reply().has_value());
  EXPECT_EQ(host_.reply()->status, 401);
}

// JW-07: no token; an unknown issuer where missing is allowed; a good and a bad one in two places.
TEST_F(IdentifyTest, Jw07AWrongTokenIsNotAMissingOne) {
  settings_.methods = {TokenMethod("one", "https://one"), TokenMethod("two", "https://two")};
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "credential-missing");
  settings_.allow_missing = true;
  Bearer(Token(R"({"iss":"https://evil","sub":"alice"})"));
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "jwt-issuer-not-allowed");
}

TEST_F(IdentifyTest, Jw07AGoodAndABadTokenInTwoPlacesAreRefused) {
  settings_.methods = {TokenMethod()};
  const std::string good = Token(kGoodClaims);
  const std::string bad = Token(kGoodClaims, "ffffffffffffffffffffffffffffffff");
  for (const auto& [in_header, in_query] : {std::pair{good, bad}, {bad, good}}) {
    host_.request().headers.Clear();
    Bearer(in_header);
    host_.request().path = host_.arena().Copy(absl::StrCat("/p?access_token=", in_query));
    EXPECT_EQ(Ask(), Verdict::kReply);
    ExpectRefused(401, "credential-ambiguous");
  }
}

TEST_F(IdentifyTest, Jw07AGoodKeyDoesNotExcuseABadToken) {
  settings_.methods = {KeyMethod(), TokenMethod()};
  Header("x-api-key", "k-alice");
  Bearer(Token(kGoodClaims, "ffffffffffffffffffffffffffffffff"));
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "jwt-signature-invalid");
}

TEST_F(IdentifyTest, OneOfTwoIssuersOfAPlaceSuffices) {
  settings_.methods = {TokenMethod("one", "https://one"), TokenMethod("two", "https://issuer")};
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(host_.info().identity->method, "two");
}

// HD-05: headers that tell the backend of claims are never the client's.
TEST_F(IdentifyTest, Hd05TheClientsCopyOfAnIdentityHeaderIsGone) {
  settings_.methods = {TokenMethod()};
  auto& jwt = std::get<JwtMethod>(settings_.methods[0].how);
  jwt.claim_headers = {{"sub", "x-user"}, {"roles", "x-roles"}, {"missing", "x-missing"}};
  jwt.payload_header = "x-payload";
  const auto forge = [this] {
    for (const std::string_view name : {"x-user", "x-roles", "x-missing", "x-payload"}) {
      Header(name, "admin");
      Header(name, "root");
    }
  };
  forge();
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kContinue);
  const http::HeaderMap& headers = host_.request().headers;
  ASSERT_EQ(headers.Count("x-user"), 1U);
  EXPECT_EQ(headers.Find("x-user")->value, "alice");
  ASSERT_EQ(headers.Count("x-roles"), 1U);
  EXPECT_EQ(headers.Find("x-roles")->value, "a,b");
  EXPECT_EQ(headers.Count("x-missing"), 0U);
  ASSERT_EQ(headers.Count("x-payload"), 1U);
  EXPECT_EQ(headers.Find("x-payload")->value, absl::WebSafeBase64Escape(kGoodClaims));

  // As nobody, and in shadow, they go all the same.
  settings_.allow_missing = true;
  for (const bool shadow : {false, true}) {
    settings_.shadow = shadow;
    host_.request().headers.Clear();
    forge();
    EXPECT_EQ(Ask(), Verdict::kContinue);
    EXPECT_TRUE(host_.request().headers.empty());
  }
}

// ---- Passwords ----------------------------------------------------------------------------------

TEST_F(IdentifyTest, APasswordIsCheckedElsewhere) {
  settings_.methods = {PasswordMethod()};
  Basic("alice:secret");
  EXPECT_EQ(Ask(), Verdict::kPause);
  ASSERT_EQ(host_.worker().checks().size(), 1U);
  EXPECT_EQ(host_.worker().checks().front().hash, "$hash");
  EXPECT_EQ(host_.worker().checks().front().password, "secret");
  host_.worker().FinishCheck(true);
  EXPECT_EQ(host_.continued(), 1);
  EXPECT_EQ(Consumer(), "shop/alice");
  EXPECT_EQ(host_.info().identity->subject, "alice");
  EXPECT_FALSE(HasHeader("authorization"));
}

TEST_F(IdentifyTest, APasswordThatWasGoodIsRemembered) {
  settings_.methods = {PasswordMethod()};
  Basic("alice:secret");
  EXPECT_EQ(Ask(), Verdict::kPause);
  host_.worker().FinishCheck(true);
  // The same policy again: its state is still there.
  DropFilter();
  host_.info().identity = nullptr;
  Basic("alice:secret");
  filter_ = CreateIdentify(host_, nullptr, host_.arena());
  EXPECT_EQ(filter_->OnRequest(host_.request(), true), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "shop/alice");
}

TEST_F(IdentifyTest, AWrongPasswordIsRefused) {
  settings_.methods = {PasswordMethod()};
  Basic("alice:wrong");
  EXPECT_EQ(Ask(), Verdict::kPause);
  host_.worker().FinishCheck(false);
  EXPECT_EQ(host_.continued(), 0);
  ExpectRefused(401, "basic-refused");
}

TEST_F(IdentifyTest, ANameOfNobodyTakesAsLongAndIsRefused) {
  settings_.methods = {PasswordMethod()};
  Basic("mallory:secret");
  EXPECT_EQ(Ask(), Verdict::kPause);
  ASSERT_EQ(host_.worker().checks().size(), 1U);
  EXPECT_TRUE(host_.worker().checks().front().hash.starts_with("$2b$10$"));
  host_.worker().FinishCheck(true);
  ExpectRefused(401, "basic-refused");
}

TEST_F(IdentifyTest, TooManyWaitingPasswordsAreRefused) {
  settings_.methods = {PasswordMethod()};
  host_.worker().set_checks_full(true);
  Basic("alice:secret");
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(503, "password-check-overloaded");
}

TEST_F(IdentifyTest, AClientThatLeavesIsNotTold) {
  settings_.methods = {PasswordMethod()};
  Basic("alice:secret");
  EXPECT_EQ(Ask(), Verdict::kPause);
  DropFilter();
  host_.worker().FinishCheck(true);
  EXPECT_EQ(host_.continued(), 0);
  EXPECT_FALSE(host_.reply().has_value());
}

TEST_F(IdentifyTest, WhatIsNoBasicCredentialIsRefused) {
  settings_.methods = {PasswordMethod()};
  Header("authorization", "Basic %%%");
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "basic-malformed");
}

// ---- Certificates -------------------------------------------------------------------------------

TEST_F(IdentifyTest, AVerifiedCertificateNamesItsConsumer) {
  settings_.methods = {CertificateMethodOf()};
  const std::vector<std::string> uris = {"spiffe://x/other", "spiffe://x/alice"};
  host_.downstream().peer_uris = uris;
  EXPECT_EQ(Ask(), Verdict::kReply) << "it was not verified";
  host_.downstream().peer_verified = true;
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "shop/alice");
  EXPECT_EQ(host_.info().identity->subject, "spiffe://x/other");
}

TEST_F(IdentifyTest, ACertificateOfNobodyDoesNotSpoilAKey) {
  settings_.methods = {CertificateMethodOf(), KeyMethod()};
  settings_.require_consumer = true;
  host_.downstream().peer_verified = true;
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(403, "consumer-not-found");
  Header("x-api-key", "k-alice");
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "shop/alice");
}

TEST_F(IdentifyTest, TwoCertificateMethodsDoNotExcuseEachOther) {
  settings_.methods = {CertificateMethodOf(), CertificateMethodOf()};
  settings_.require_consumer = true;
  host_.downstream().peer_verified = true;
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(403, "consumer-not-found");
}

// ---- All of them --------------------------------------------------------------------------------

TEST_F(IdentifyTest, AllMeansEach) {
  settings_.methods = {KeyMethod(), TokenMethod()};
  settings_.require_all = true;
  Header("x-api-key", "k-alice");
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(401, "credential-missing");
  EXPECT_EQ(Challenges(), std::vector<std::string>{"Bearer realm=\"r\""});
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_EQ(Consumer(), "shop/alice");
  EXPECT_EQ(host_.info().identity->issuer, "https://issuer");
}

TEST_F(IdentifyTest, TwoConsumersAreNoOne) {
  settings_.methods = {KeyMethod(), TokenMethod()};
  settings_.require_all = true;
  Header("x-api-key", "k-bob");
  Bearer(Token(kGoodClaims));
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(403, "consumers-differ");
}

// ---- Modes --------------------------------------------------------------------------------------

TEST_F(IdentifyTest, ShadowCountsAndLeavesTheCredential) {
  settings_.methods = {KeyMethod()};
  settings_.shadow = true;
  Header("x-api-key", "k-mallory");
  EXPECT_EQ(Ask(), Verdict::kContinue);
  EXPECT_FALSE(host_.reply().has_value());
  EXPECT_TRUE(HasHeader("x-api-key"));
  EXPECT_EQ(host_.info().identity, nullptr);
  ASSERT_NE(host_.info().decisions, nullptr);
  EXPECT_EQ(host_.info().decisions->outcome, http::PolicyOutcome::kWouldDeny);
  EXPECT_EQ(host_.worker().count("AuthPolicy/shop/p would-deny api-key-unknown"), 1);
}

TEST_F(IdentifyTest, APolicyThatCannotBeKeptLetsNobodyIn) {
  settings_.unusable = "the Secret shop/keys does not exist";
  EXPECT_EQ(Ask(), Verdict::kReply);
  ExpectRefused(500, "policy-unusable");
  EXPECT_EQ(host_.reply()->message, settings_.unusable);
}

}  // namespace
}  // namespace sluice::filters
