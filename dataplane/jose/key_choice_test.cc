// SPDX-License-Identifier: Apache-2.0
#include "dataplane/jose/key_choice.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

using ::testing::ElementsAre;
using enum crypto::SignatureAlgorithm;

KeyLabel Label(std::optional<std::string> kid, crypto::SignatureAlgorithm algorithm) {
  KeyLabel label{.kid = std::move(kid), .algorithms = {}};
  label.algorithms.Add(algorithm);
  return label;
}

CompactJws TokenFor(std::optional<std::string> kid, crypto::SignatureAlgorithm algorithm) {
  CompactJws jws;
  jws.kid = std::move(kid);
  jws.algorithm = algorithm;
  return jws;
}

TEST(KeyChoiceTest, AKidIsMatchedExactly) {
  const std::vector<KeyLabel> labels = {Label("a", kRs256), Label("b", kRs256),
                                        Label(std::nullopt, kRs256), Label("", kRs256)};
  EXPECT_THAT(ChooseKeys(labels, TokenFor("b", kRs256)).indices, ElementsAre(1));
  EXPECT_THAT(ChooseKeys(labels, TokenFor("", kRs256)).indices, ElementsAre(3));
  EXPECT_EQ(ChooseKeys(labels, TokenFor("b", kRs256)).outcome, TokenOutcome::kAccepted);
}

TEST(KeyChoiceTest, JW02_HostileKidsMatchNothing) {
  const std::vector<KeyLabel> labels = {Label("key", kRs256), Label(std::nullopt, kRs256)};
  for (const std::string& kid :
       {std::string("../../key"), std::string("key'"), std::string("\"key\""), std::string("KEY"),
        std::string("key\0", 4), std::string("key "), std::string("*"), std::string(10240, 'k')}) {
    const KeyChoice choice = ChooseKeys(labels, TokenFor(kid, kRs256));
    EXPECT_EQ(choice.outcome, TokenOutcome::kKeyNotFound) << kid;
    EXPECT_TRUE(choice.indices.empty());
  }
}

TEST(KeyChoiceTest, JW02_WithoutAKidAtMostTenFittingKeysAreTried) {
  std::vector<KeyLabel> labels(5, Label("other", kEs256));
  labels.insert(labels.end(), 50, Label("k", kRs256));
  const KeyChoice choice = ChooseKeys(labels, TokenFor(std::nullopt, kRs256));
  EXPECT_THAT(choice.indices, ElementsAre(5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
}

TEST(KeyChoiceTest, JW02_EvenOneKidIsTriedTenTimesAtMost) {
  const std::vector<KeyLabel> labels(50, Label("k", kRs256));
  EXPECT_EQ(ChooseKeys(labels, TokenFor("k", kRs256)).indices.size(), kMaxKeyTries);
}

TEST(KeyChoiceTest, JW01_TheAlgorithmComesFromTheKey) {
  const std::vector<KeyLabel> labels = {Label("rsa", kRs256), Label("secret", kHs256)};
  EXPECT_EQ(ChooseKeys(labels, TokenFor("rsa", kHs256)).outcome,
            TokenOutcome::kAlgorithmNotAllowed);
  EXPECT_EQ(ChooseKeys(labels, TokenFor("rsa", kRs384)).outcome,
            TokenOutcome::kAlgorithmNotAllowed);
  EXPECT_EQ(ChooseKeys(labels, TokenFor("secret", kRs256)).outcome,
            TokenOutcome::kAlgorithmNotAllowed);
  EXPECT_THAT(ChooseKeys(labels, TokenFor(std::nullopt, kHs256)).indices, ElementsAre(1));
  EXPECT_EQ(ChooseKeys(labels, TokenFor(std::nullopt, kEs256)).outcome, TokenOutcome::kKeyNotFound);
}

TEST(KeyChoiceTest, KeysOfOneKidAndSeveralAlgorithmsAreTold) {
  const std::vector<KeyLabel> labels = {Label("k", kRs256), Label("k", kPs256)};
  EXPECT_THAT(ChooseKeys(labels, TokenFor("k", kPs256)).indices, ElementsAre(1));
}

TEST(KeyChoiceTest, NoKeysNoChoice) {
  EXPECT_EQ(ChooseKeys({}, TokenFor("k", kRs256)).outcome, TokenOutcome::kKeyNotFound);
}

}  // namespace
}  // namespace sluice::jose
