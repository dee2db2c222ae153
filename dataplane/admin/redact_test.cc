// SPDX-License-Identifier: Apache-2.0
#include "dataplane/admin/redact.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace sluice::admin {
namespace {

using Json = nlohmann::ordered_json;

std::string Redacted(std::string_view text) {
  Json json = Json::parse(text);
  Redact(json);
  return json.dump();
}

TEST(RedactTest, ATlsCertificateKeepsAllButItsKey) {
  EXPECT_EQ(Redacted(R"({"name":"cert","tls_certificate":{
              "certificate_chain":{"inline_string":"PUBLIC"},
              "private_key":{"inline_string":"PRIVATE"},
              "password":{"inline_bytes":"UEFTUw=="}}})"),
            R"({"name":"cert","tls_certificate":{)"
            R"("certificate_chain":{"inline_string":"PUBLIC"},)"
            R"("private_key":{"inline_string":"[redacted]"},)"
            R"("password":{"inline_bytes":"W3JlZGFjdGVkXQ=="}}})");
}

TEST(RedactTest, WhereASecretIsMayBeSeen) {
  const std::string where =
      R"({"private_key":{"filename":"/etc/key.pem","watched_directory":{"path":"[redacted]"}},)"
      R"("password":{"environment_variable":"PASSWORD"}})";
  EXPECT_NE(Redacted(where).find("/etc/key.pem"), std::string::npos);
  EXPECT_NE(Redacted(where).find("\"PASSWORD\""), std::string::npos);
}

TEST(RedactTest, ASecretsEnvelopeStays) {
  EXPECT_EQ(
      Redacted(R"({"secret":{"name":"s","generic_secret":{"secret":{"inline_string":"X"}}}})"),
      R"({"secret":{"name":"s","generic_secret":{"secret":{"inline_string":"[redacted]"}}}})");
  EXPECT_EQ(Redacted(R"({"session_ticket_keys":{"keys":[{"inline_bytes":"AAAA"}]}})"),
            R"({"session_ticket_keys":{"keys":[{"inline_bytes":"W3JlZGFjdGVkXQ=="}]}})");
}

TEST(RedactTest, EitherSpellingIsFoundAtAnyDepth) {
  EXPECT_EQ(Redacted(R"([{"a":[{"typed_config":{"@type":"t","privateKey":"X"}}]},)"
                     R"({"b":{"client-secret":"X","clientSecret":12}}])"),
            R"([{"a":[{"typed_config":{"@type":"t","privateKey":"[redacted]"}}]},)"
            R"({"b":{"client-secret":"[redacted]","clientSecret":"[redacted]"}}])");
}

// CP-05: nobody learns a key or a password's hash from a dump.
TEST(RedactTest, Cp05OfAConsumerTheNamesAreSeen) {
  EXPECT_EQ(Redacted(R"({"name":"shop/alice","groups":["gold"],)"
                     R"("api_keys":[{"name":"main","sha256":"AAAA","expires_at":"5"}],)"
                     R"("passwords":[{"username":"alice","hash":"$2y$05$x"}]})"),
            R"({"name":"shop/alice","groups":["gold"],)"
            R"("api_keys":[{"name":"main","sha256":"W3JlZGFjdGVkXQ==","expires_at":"[redacted]"}],)"
            R"("passwords":[{"username":"[redacted]","hash":"[redacted]"}]})");
}

TEST(RedactTest, HeadersThatCarryCredentialsAreHidden) {
  EXPECT_EQ(Redacted(R"({"h":[{"header":{"key":"Authorization","value":"Basic eA=="}},)"
                     R"({"header":{"key":"x-plain","value":"seen"}}]})"),
            R"({"h":[{"header":{"key":"Authorization","value":"[redacted]"}},)"
            R"({"header":{"key":"x-plain","value":"seen"}}]})");
}

TEST(RedactTest, ApiKeysAreHidden) {
  EXPECT_EQ(Redacted(R"({"credentials":[{"key":"abc","client":"shop"}]})"),
            R"({"credentials":[{"key":"[redacted]","client":"shop"}]})");
}

TEST(RedactTest, WhatIsNoSecretStays) {
  const std::string plain =
      R"({"name":"secretly","key":"k","value":"v","session_ticket_keys_sds_secret_config":)"
      R"({"name":"tickets"},"max_tokens":3,"list":[1,null,true,"x"]})";
  EXPECT_EQ(Redacted(plain), plain);
}

}  // namespace
}  // namespace sluice::admin
