// SPDX-License-Identifier: Apache-2.0
//
// Each algorithm accepts what its key signed and refuses everything one step away: another message,
// algorithm, key, length or form. RFC vectors are checked where tokens are (dataplane/jose/verify).
#include "dataplane/crypto/verifying_key.h"

#include <openssl/err.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "dataplane/crypto/test_signing_key.h"
#include "gtest/gtest.h"

namespace sluice::crypto {
namespace {

using enum SignatureAlgorithm;

constexpr SignatureAlgorithm kAll[] = {kHs256, kHs384, kHs512, kRs256, kRs384, kRs512, kPs256,
                                       kPs384, kPs512, kEs256, kEs384, kEs512, kEdDsa};

VerifyingKey VerifierOf(const TestSigningKey& key) {
  auto made = VerifyingKey::Make(key.parameters());
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::string_view Refusal(const KeyParameters& parameters) {
  static std::string kept;
  const auto made = VerifyingKey::Make(parameters);
  kept = made.ok() ? "accepted" : std::string(made.status().message());
  return kept;
}

std::vector<TestSigningKey> OneOfEachKind() {
  std::vector<TestSigningKey> keys;
  keys.push_back(TestSigningKey::Rsa());
  keys.push_back(TestSigningKey::Ec(EcCurve::kP256));
  keys.push_back(TestSigningKey::Ec(EcCurve::kP384));
  keys.push_back(TestSigningKey::Ec(EcCurve::kP521));
  keys.push_back(TestSigningKey::Ed25519());
  keys.push_back(TestSigningKey::Secret(std::string(64, 's')));
  return keys;
}

TEST(VerifyingKeyTest, AKeyChecksItsAlgorithmsAndNoOthers) {
  for (const TestSigningKey& signer : OneOfEachKind()) {
    const VerifyingKey key = VerifierOf(signer);
    for (const SignatureAlgorithm made_with : kAll) {
      if (!key.algorithms().Has(made_with)) continue;
      const std::string signature = signer.Sign(made_with, "message");
      for (const SignatureAlgorithm claimed : kAll) {
        EXPECT_EQ(key.Verifies(claimed, "message", signature), claimed == made_with)
            << static_cast<int>(made_with) << " as " << static_cast<int>(claimed);
      }
    }
  }
}

TEST(VerifyingKeyTest, AnotherMessageOrLengthIsRefused) {
  for (const TestSigningKey& signer : OneOfEachKind()) {
    const VerifyingKey key = VerifierOf(signer);
    for (const SignatureAlgorithm algorithm : kAll) {
      if (!key.algorithms().Has(algorithm)) continue;
      const std::string signature = signer.Sign(algorithm, "message");
      EXPECT_FALSE(key.Verifies(algorithm, "messag", signature));
      EXPECT_FALSE(key.Verifies(algorithm, "message", ""));
      EXPECT_FALSE(key.Verifies(algorithm, "message", signature + '\0'));
      EXPECT_FALSE(key.Verifies(algorithm, "message", '\0' + signature));
      EXPECT_FALSE(key.Verifies(algorithm, "message", signature.substr(1)));
      EXPECT_FALSE(key.Verifies(algorithm, "message", signature.substr(0, signature.size() - 1)));
      EXPECT_FALSE(key.Verifies(algorithm, "message", std::string(20000, 'x')));
    }
  }
}

TEST(VerifyingKeyTest, FailuresLeaveNothingForTlsToStumbleOver) {
  for (const TestSigningKey& signer : OneOfEachKind()) {
    const VerifyingKey key = VerifierOf(signer);
    for (const SignatureAlgorithm algorithm : kAll) {
      EXPECT_FALSE(key.Verifies(algorithm, "message", std::string(256, 'x')));
    }
  }
  EXPECT_FALSE(
      VerifyingKey::Make(EcParameters{EcCurve::kP256, std::string(32, 'x'), std::string(32, 'y')})
          .ok());
  EXPECT_FALSE(VerifyingKey::Make(Ed25519Parameters{std::string(32, '\x02')}).ok());
  EXPECT_EQ(ERR_peek_error(), 0u);
}

// JW-04: CVE-2022-21449 and its relatives. n is the order of P-256.
TEST(VerifyingKeyTest, JW04_RAndSOfZeroOrNotBelowTheOrderAreRefused) {
  const TestSigningKey signer = TestSigningKey::Ec(EcCurve::kP256);
  const VerifyingKey key = VerifierOf(signer);
  const std::string zero(32, '\0');
  const std::string n =
      absl::HexStringToBytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::string more(32, '\xff');
  const std::string good = signer.Sign(kEs256, "message");
  const std::string r = good.substr(0, 32);
  const std::string s = good.substr(32);
  for (const std::string& bad : {zero, n, more}) {
    EXPECT_FALSE(key.Verifies(kEs256, "message", bad + s));
    EXPECT_FALSE(key.Verifies(kEs256, "message", r + bad));
    for (const std::string& other : {zero, n, more}) {
      EXPECT_FALSE(key.Verifies(kEs256, "message", bad + other));
    }
  }
}

TEST(VerifyingKeyTest, JW04_TheDerFormIsRefused) {
  const TestSigningKey signer = TestSigningKey::Ec(EcCurve::kP256);
  const std::string good = signer.Sign(kEs256, "message");
  // Both numbers with a zero in front, which is valid BER for any value.
  const std::string der = std::string("\x30\x46\x02\x21\x00", 5) + good.substr(0, 32) +
                          std::string("\x02\x21\x00", 3) + good.substr(32);
  EXPECT_FALSE(VerifierOf(signer).Verifies(kEs256, "message", der));
}

TEST(VerifyingKeyTest, RsaModuliHaveBounds) {
  const std::string e("\x01\x00\x01", 3);
  EXPECT_EQ(Refusal(TestSigningKey::Rsa(1024).parameters()),
            "\"n\" has 1024 bits; it must have 2048 to 8192");
  EXPECT_EQ(Refusal(RsaParameters{"", e}), "\"n\" has 0 bits; it must have 2048 to 8192");
  EXPECT_EQ(Refusal(RsaParameters{std::string(1025, '\xff'), e}), "\"n\" has more than 8192 bits");
  EXPECT_EQ(Refusal(RsaParameters{std::string(1 << 20, '\xff'), e}),
            "\"n\" has more than 8192 bits");
  EXPECT_EQ(Refusal(RsaParameters{std::string(256, '\xfe'), e}),
            "\"n\" is even: not an RSA modulus");
}

TEST(VerifyingKeyTest, RsaExponentsHaveBounds) {
  const TestSigningKey signer = TestSigningKey::Rsa();
  const auto with = [&](std::string e) {
    RsaParameters rsa = std::get<RsaParameters>(signer.parameters());
    rsa.exponent = std::move(e);
    return std::string(Refusal(rsa));
  };
  constexpr char kBounds[] = "\"e\" must be odd, at least 3 and of at most 32 bits";
  EXPECT_EQ(with(""), kBounds);
  EXPECT_EQ(with(std::string(1, '\0')), kBounds);
  EXPECT_EQ(with("\x01"), kBounds);
  EXPECT_EQ(with("\x02"), kBounds);
  EXPECT_EQ(with("\x03"), "accepted");
  EXPECT_EQ(with("\xff\xff\xff\xff"), "accepted");
  EXPECT_EQ(with("\x01\x01\x01\x01\x01"), "\"e\" has more than 32 bits");
}

TEST(VerifyingKeyTest, ASignByteBeforeTheModulusIsForgiven) {
  const TestSigningKey signer = TestSigningKey::Rsa();
  RsaParameters rsa = std::get<RsaParameters>(signer.parameters());
  rsa.modulus.insert(0, 1, '\0');
  const auto key = VerifyingKey::Make(rsa);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(key->Verifies(kRs256, "message", signer.Sign(kRs256, "message")));
}

TEST(VerifyingKeyTest, PointsMustBeOnTheirCurve) {
  EcParameters ec = std::get<EcParameters>(TestSigningKey::Ec(EcCurve::kP256).parameters());
  EcParameters off = ec;
  off.y.back() = static_cast<char>(off.y.back() ^ 1);
  EXPECT_EQ(Refusal(off), "\"x\" and \"y\" are not a point on the curve");
  off = ec;
  off.curve = EcCurve::kP384;
  EXPECT_EQ(Refusal(off), "\"x\" has 32 bytes; this curve takes 48");
  off = ec;
  off.y.insert(0, 1, '\0');
  EXPECT_EQ(Refusal(off), "\"y\" has 33 bytes; this curve takes 32");
  EXPECT_EQ(Refusal(EcParameters{EcCurve::kP256, std::string(32, '\0'), std::string(32, '\0')}),
            "\"x\" and \"y\" are not a point on the curve");
  EXPECT_EQ(Refusal(EcParameters{EcCurve::kP256, std::string(32, '\xff'), ec.y}),
            "\"x\" and \"y\" are not a point on the curve");
}

TEST(VerifyingKeyTest, Ed25519PointsMustBeOnTheCurveAndOfFullOrder) {
  constexpr char kNoPoint[] = "\"x\" is not the point of an Ed25519 key";
  EXPECT_EQ(Refusal(Ed25519Parameters{std::string(31, 'x')}), kNoPoint);
  EXPECT_EQ(Refusal(Ed25519Parameters{std::string(33, 'x')}), kNoPoint);
  EXPECT_EQ(Refusal(Ed25519Parameters{""}), kNoPoint);
  EXPECT_EQ(Refusal(Ed25519Parameters{std::string(32, '\xff')}), kNoPoint);
  for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000080",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "0000000000000000000000000000000000000000000000000000000000000000",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                          // y = 2 has no x; y = the prime is 0 in another form.
                          "0200000000000000000000000000000000000000000000000000000000000000",
                          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_EQ(Refusal(Ed25519Parameters{absl::HexStringToBytes(hex)}), kNoPoint) << hex;
  }
  // RFC 8032 §7.1.
  EXPECT_EQ(Refusal(Ed25519Parameters{absl::HexStringToBytes(
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")}),
            "accepted");
}

TEST(VerifyingKeyTest, ASecretIsAtLeastAsLongAsTheHash) {
  EXPECT_EQ(Refusal(SecretParameters{std::string(31, 's')}),
            "\"k\" has 31 bytes; HS256 takes at least 32 (RFC 7518 section 3.2)");
  for (const auto& [bytes, longest] :
       {std::pair(32, kHs256), std::pair(48, kHs384), std::pair(64, kHs512)}) {
    const TestSigningKey signer = TestSigningKey::Secret(std::string(bytes, 's'));
    const VerifyingKey key = VerifierOf(signer);
    for (const SignatureAlgorithm algorithm : {kHs256, kHs384, kHs512}) {
      EXPECT_EQ(key.Verifies(algorithm, "m", signer.Sign(algorithm, "m")), algorithm <= longest);
    }
  }
}

TEST(VerifyingKeyTest, AMovedKeyStillChecks) {
  const TestSigningKey signer = TestSigningKey::Secret(std::string(32, 's'));
  VerifyingKey first = VerifierOf(signer);
  VerifyingKey second(std::move(first));
  VerifyingKey third = VerifierOf(TestSigningKey::Ed25519());
  third = std::move(second);
  EXPECT_TRUE(third.Verifies(kHs256, "m", signer.Sign(kHs256, "m")));
}

}  // namespace
}  // namespace sluice::crypto
