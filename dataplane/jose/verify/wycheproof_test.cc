// SPDX-License-Identifier: Apache-2.0
//
// Project Wycheproof's vectors for JSON Web Signatures and Keys: what it calls valid verifies, and
// nothing else does. Its payloads are no claims, so this is about keys and signatures alone.
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dataplane/crypto/key_parameters.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/verify/verifying_key_set.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using Json = nlohmann::json;

// Where we say the opposite of a vector, and why.
const std::map<std::string, std::map<int, const char*>> kDifferences = {
    {"json_web_key_test.json",
     {{1, "a set of secrets and public keys, marked as ambiguous: dataplane/jose/README.md"},
      {4, "a set with a kid twice, marked as ambiguous: dataplane/jose/README.md"}}},
    {"json_web_crypto_test.json", {{47, "the same set as vector 1 of json_web_key"}}},
    {"json_web_signature_test.json",
     {{346, "a PS384 token, where the key says that it is for PS256"},
      {350, "the same"},
      {347, "the key's alg is ES521, which does not exist"},
      {351, "the same"},
      {367, "the same token and key as vector 357, which is valid"},
      {370, "the same"},
      {372, "a byte that is not in the alphabet (RFC 7515 section 2), yet called valid"},
      {373, "the same"}}}};

bool Differs(const std::string& file, int id) {
  const auto known = kDifferences.find(file);
  return known != kDifferences.end() && known->second.contains(id);
}

Json ReadVectors(const std::string& name) {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const std::string path =
      absl::StrCat(runfiles == nullptr ? "external" : runfiles, "/wycheproof/", name);
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path << " is missing: run tools/setup --tests";
  return Json::parse(file, nullptr, /*allow_exceptions=*/false);
}

std::string KeySetOf(const Json& key) {
  return key.contains("keys") ? key.dump() : absl::StrCat("{\"keys\":[", key.dump(), "]}");
}

TokenOutcome Verify(const std::string& key_set, const std::string& token) {
  const auto keys = VerifyingKeySet::Parse(key_set);
  if (!keys.ok()) return TokenOutcome::kKeyNotFound;
  CompactJws jws;
  const TokenOutcome outcome = ParseCompactJws(token, kDefaultMaxTokenBytes, jws);
  return outcome == TokenOutcome::kAccepted ? (*keys)->CheckSignature(jws).outcome : outcome;
}

// Checks a file's signature vectors; those for encryption are not ours.
void CheckFile(const std::string& name, int expected_vectors) {
  const Json file = ReadVectors(name);
  ASSERT_TRUE(file.is_object());
  int vectors = 0;
  for (const Json& group : file["testGroups"]) {
    const std::string key_set = KeySetOf(group[group.contains("public") ? "public" : "private"]);
    for (const Json& test : group["tests"]) {
      if (!test.contains("jws")) continue;
      ++vectors;
      const Json& jws = test["jws"];
      const int id = test["tcId"].get<int>();
      const bool expected = (test["result"] == "valid") != Differs(name, id);
      const TokenOutcome outcome =
          Verify(key_set, jws.is_string() ? jws.get<std::string>() : jws.dump());
      EXPECT_EQ(outcome == TokenOutcome::kAccepted, expected)
          << name << " " << id << " " << test["comment"] << ": " << OutcomeDetail(outcome);
    }
  }
  EXPECT_EQ(vectors, expected_vectors) << "of " << name;
}

TEST(WycheproofTest, JsonWebSignature) { CheckFile("json_web_signature_test.json", 401); }

TEST(WycheproofTest, JsonWebKey) { CheckFile("json_web_key_test.json", 26); }

TEST(WycheproofTest, JsonWebCrypto) { CheckFile("json_web_crypto_test.json", 49); }

// The RFC 7520 figures whose keys name a wrong algorithm are good tokens otherwise.
TEST(WycheproofTest, FiguresVerifyWhereTheKeyNamesNoAlgorithm) {
  const Json file = ReadVectors("json_web_signature_test.json");
  ASSERT_TRUE(file.is_object());
  int vectors = 0;
  for (const Json& group : file["testGroups"]) {
    for (const Json& test : group["tests"]) {
      const int id = test["tcId"].get<int>();
      if (id != 346 && id != 347 && id != 350 && id != 351) continue;
      ++vectors;
      Json key = group["public"];
      key.erase("alg");
      EXPECT_EQ(Verify(KeySetOf(key), test["jws"].get<std::string>()), TokenOutcome::kAccepted);
    }
  }
  EXPECT_EQ(vectors, 4);
}

struct AlgorithmFile {
  const char* name;
  crypto::SignatureAlgorithm algorithm;
  int vectors;  // that have a JWK and a verdict
};

constexpr AlgorithmFile kAlgorithmFiles[] = {
    {"ecdsa_secp256r1_sha256_p1363", crypto::SignatureAlgorithm::kEs256, 252},
    {"ecdsa_secp384r1_sha384_p1363", crypto::SignatureAlgorithm::kEs384, 270},
    {"ecdsa_secp521r1_sha512_p1363", crypto::SignatureAlgorithm::kEs512, 308},
    {"ed25519", crypto::SignatureAlgorithm::kEdDsa, 151},
    {"rsa_signature_2048_sha256", crypto::SignatureAlgorithm::kRs256, 258},
    {"rsa_signature_3072_sha384", crypto::SignatureAlgorithm::kRs384, 258},
    {"rsa_signature_4096_sha512", crypto::SignatureAlgorithm::kRs512, 258},
    {"rsa_pss_2048_sha256_mgf1_32", crypto::SignatureAlgorithm::kPs256, 108},
    {"rsa_pss_2048_sha384_mgf1_48", crypto::SignatureAlgorithm::kPs384, 141},
    {"rsa_pss_4096_sha512_mgf1_64", crypto::SignatureAlgorithm::kPs512, 179},
};

class WycheproofAlgorithmTest : public testing::TestWithParam<AlgorithmFile> {};

TEST_P(WycheproofAlgorithmTest, ValidSignaturesAloneVerify) {
  const Json file = ReadVectors(absl::StrCat(GetParam().name, "_test.json"));
  ASSERT_TRUE(file.is_object());
  int vectors = 0;
  for (const Json& group : file["testGroups"]) {
    const char* member = group.contains("keyJwk") ? "keyJwk" : "publicKeyJwk";
    if (!group.contains(member)) continue;
    const auto keys = VerifyingKeySet::Parse(KeySetOf(group[member]));
    ASSERT_TRUE(keys.ok()) << keys.status();
    for (const Json& test : group["tests"]) {
      if (test["result"] == "acceptable") continue;
      ++vectors;
      const std::string message = absl::HexStringToBytes(test["msg"].get<std::string>());
      CompactJws jws;
      jws.algorithm = GetParam().algorithm;
      jws.signing_input = message;
      jws.signature = absl::HexStringToBytes(test["sig"].get<std::string>());
      const TokenOutcome outcome = (*keys)->CheckSignature(jws).outcome;
      EXPECT_EQ(outcome == TokenOutcome::kAccepted, test["result"] == "valid")
          << test["tcId"] << " " << test["comment"];
    }
  }
  EXPECT_EQ(vectors, GetParam().vectors);
}

INSTANTIATE_TEST_SUITE_P(All, WycheproofAlgorithmTest, testing::ValuesIn(kAlgorithmFiles),
                         [](const testing::TestParamInfo<AlgorithmFile>& info) {
                           return std::string(info.param.name);
                         });

}  // namespace
}  // namespace sluice::jose
