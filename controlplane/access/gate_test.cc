// SPDX-License-Identifier: Apache-2.0
#include "controlplane/access/gate.h"

#include <memory>
#include <string>

#include "controlplane/access/client_verifier.h"
#include "controlplane/access/test_files.h"
#include "gtest/gtest.h"

namespace sluice::access {
namespace {

constexpr char kEdge[] = "token an-edge-token-of-shop shop/edge\n";

Presented Token(const std::string& token) { return {{"Bearer " + token}, "", ""}; }

Presented Certificate(const std::string& name, const std::string& chain = "") {
  return {{}, ReadTestFile(name + ".pem"), chain.empty() ? "" : ReadTestFile(chain + ".pem")};
}

Gate::Rules Rules(const std::string& text, const std::string& ca = "") {
  Gate::Rules rules{CredentialTable(Audience::kProxies), nullptr};
  EXPECT_EQ(rules.table.Parse(text), "");
  std::string error;
  if (!ca.empty()) rules.verifier = ClientVerifier::Create(ReadTestFile(ca + ".pem"), &error);
  EXPECT_EQ(error, "");
  return rules;
}

TEST(GateTest, AWrongTokenIsNotHealedByACertificate) {
  const Gate gate(Rules(kEdge, "ca"), {});
  Refusal refusal;
  Presented presented = Certificate("edge");
  EXPECT_TRUE(gate.Judge(presented, &refusal).has_value());
  presented.authorization = {"Bearer wrong-token-of-sixteen"};
  EXPECT_FALSE(gate.Judge(presented, &refusal).has_value());
  EXPECT_EQ(refusal.text, "the bearer token is not known here");
}

TEST(GateTest, TwoTokensAreNone) {
  const Gate gate(Rules(kEdge), {});
  Refusal refusal;
  Presented presented = Token("an-edge-token-of-shop");
  EXPECT_TRUE(gate.Judge(presented, &refusal).has_value());
  presented.authorization.push_back(presented.authorization[0]);
  EXPECT_FALSE(gate.Judge(presented, &refusal).has_value());
}

TEST(GateTest, OnlyOurCasCertificatesCount) {
  const Gate gate(Rules("", "ca"), {});
  Refusal refusal;
  EXPECT_EQ(gate.Judge(Certificate("edge"), &refusal)->gateways[0], "shop/edge");
  EXPECT_FALSE(gate.Judge(Certificate("foreign"), &refusal).has_value());
  EXPECT_NE(refusal.text.find("not accepted"), std::string::npos) << refusal.text;
  EXPECT_FALSE(gate.Judge(Certificate("server"), &refusal).has_value()) << "names no Gateway";
  EXPECT_FALSE(gate.Judge({}, &refusal).has_value());
}

TEST(GateTest, WithoutAVerifierNoCertificateCounts) {
  const Gate gate(Rules(kEdge), {});
  Refusal refusal;
  EXPECT_FALSE(gate.Judge(Certificate("edge"), &refusal).has_value());
}

// A resumed session brings the leaf alone.
TEST(GateTest, AnIntermediateThatWasSeenCompletesALaterChain) {
  const Gate gate(Rules("", "ca"), {});
  Refusal refusal;
  EXPECT_FALSE(gate.Judge(Certificate("chain"), &refusal).has_value());
  EXPECT_TRUE(gate.Judge(Certificate("chain", "middle"), &refusal).has_value());
  EXPECT_TRUE(gate.Judge(Certificate("chain"), &refusal).has_value());
}

// Nor is there room for what a client sends along that has no part in its chain.
TEST(GateTest, CertificatesThatCompleteNoChainAreNotRemembered) {
  const Gate gate(Rules("", "ca"), {});
  Refusal refusal;
  const Presented presented = Certificate("edge", "middle");
  EXPECT_TRUE(gate.Judge(presented, &refusal).has_value());
  EXPECT_FALSE(gate.Judge(Certificate("chain"), &refusal).has_value());
}

TEST(GateTest, RunningCallsLearnThatTheirTokenWasWithdrawn) {
  Gate gate(Rules(std::string(kEdge) + "token another-token-of-shop shop/edge\n"), {});
  Refusal refusal;
  const auto kept = gate.Admit(Token("an-edge-token-of-shop"), &refusal);
  const auto lost = gate.Admit(Token("another-token-of-shop"), &refusal);
  ASSERT_NE(lost, nullptr);
  std::string kept_reason, lost_reason;
  kept->SetOnRevoked([&](const std::string& reason) { kept_reason = reason; });
  lost->SetOnRevoked([&](const std::string& reason) { lost_reason = reason; });
  EXPECT_EQ(gate.Replace(Rules(std::string("# moved a line down\n") + kEdge)), 1u);
  EXPECT_EQ(kept_reason, "");
  EXPECT_EQ(lost_reason, "the credential was withdrawn: the bearer token is not known here");
  EXPECT_EQ(gate.Admit(Token("another-token-of-shop"), &refusal), nullptr);
  EXPECT_NE(gate.Admit(Token("an-edge-token-of-shop"), &refusal), nullptr);
}

TEST(GateTest, OtherRightsEndACallToo) {
  Gate gate(Rules(kEdge), {});
  Refusal refusal;
  const auto ticket = gate.Admit(Token("an-edge-token-of-shop"), &refusal);
  EXPECT_EQ(gate.Replace(Rules("token an-edge-token-of-shop bank/edge\n")), 1u);
  std::string reason;
  ticket->SetOnRevoked([&](const std::string& text) { reason = text; });
  EXPECT_EQ(reason, "the credential's rights have changed: call again") << "told late, yet told";
}

TEST(GateTest, ACertificateFallsWithItsCa) {
  Gate gate(Rules("", "ca"), {});
  Refusal refusal;
  const auto ticket = gate.Admit(Certificate("edge"), &refusal);
  ASSERT_NE(ticket, nullptr);
  EXPECT_EQ(gate.Replace(Rules("", "foreign_ca")), 1u);
  EXPECT_EQ(gate.Admit(Certificate("edge"), &refusal), nullptr);
  EXPECT_NE(gate.Admit(Certificate("foreign"), &refusal), nullptr);
}

TEST(GateTest, OneCredentialCannotTakeAllThePlaces) {
  Gate gate(Rules(std::string(kEdge) + "token another-token-of-shop shop/edge\n"),
            {.max_calls_per_credential = 2});
  Refusal refusal;
  auto one = gate.Admit(Token("an-edge-token-of-shop"), &refusal);
  const auto two = gate.Admit(Token("an-edge-token-of-shop"), &refusal);
  EXPECT_EQ(gate.Admit(Token("an-edge-token-of-shop"), &refusal), nullptr);
  EXPECT_EQ(refusal.kind, Refusal::Kind::kTooMany);
  EXPECT_NE(gate.Admit(Token("another-token-of-shop"), &refusal), nullptr);
  one.reset();
  EXPECT_NE(gate.Admit(Token("an-edge-token-of-shop"), &refusal), nullptr);
}

TEST(GateTest, ListedCertificatesThatNothingVerifiesAreAFlaw) {
  const std::string line = "certificate edge.example.com shop/edge\n";
  EXPECT_NE(ObjectionTo(Rules(line)).find("no client CA verifies them"), std::string::npos);
  EXPECT_EQ(ObjectionTo(Rules(line, "ca")), "");
  EXPECT_EQ(ObjectionTo(Rules(kEdge)), "");
}

TEST(GateTest, EmptyRulesLetNobodyIn) {
  Gate gate(Rules(kEdge), {});
  gate.Replace(Rules(""));
  Refusal refusal;
  EXPECT_FALSE(gate.Judge(Token("an-edge-token-of-shop"), &refusal).has_value());
  EXPECT_FALSE(gate.Judge({}, &refusal).has_value());
}

}  // namespace
}  // namespace sluice::access
