// SPDX-License-Identifier: Apache-2.0
//
// What a token costs. A remembered one should cost about its SHA-256 (measured beside it) and a
// look-up.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dataplane/crypto/digest.h"
#include "dataplane/crypto/test_signing_key.h"
#include "dataplane/jose/verify/test_tokens.h"
#include "dataplane/jose/verify/token_verifier.h"

namespace sluice::jose {
namespace {

using crypto::SignatureAlgorithm;
using crypto::TestSigningKey;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'000'000);

// About what an identity provider sends: 0.6 KiB of claims.
std::string Payload(int number) {
  return absl::StrCat(
      R"({"iss":"https://id.example/realms/shop","sub":"0f6e4a2c-7a53-4a52-9a57-6d5a5f0f1c)",
      number,
      R"(","aud":["shop","account"],"exp":1003600,"iat":1000000,"jti":"c4e5a0d2-5d5c-4f0f-8a3b","azp":"web",)"
      R"("scope":"openid profile email orders:read orders:write","email":"ann@shop.example",)"
      R"("realm_access":{"roles":["user","offline_access","buyer","reviewer"]},)"
      R"("resource_access":{"account":{"roles":["manage-account","view-profile"]}},)"
      R"("preferred_username":"ann","given_name":"Ann","family_name":"Example","locale":"en"})");
}

struct Bench {
  Bench(const TestSigningKey& key, SignatureAlgorithm algorithm, std::string_view name,
        size_t remembered)
      : header(absl::StrCat("{\"alg\":\"", name, "\",\"typ\":\"JWT\",\"kid\":\"k\"}")),
        verifier(std::make_shared<TokenRules>(TokenRules{.audiences = {"shop"}}),
                 {.max_tokens = remembered}) {
    auto keys = VerifyingKeySet::Parse(JwkSetOf(JwkOf(key, R"("kid":"k")")));
    CHECK_OK(keys.status());
    verifier.SetKeys(*std::move(keys));
    token = SignedToken(key, algorithm, header, Payload(0));
  }

  std::string header;
  std::string token;
  TokenVerifier verifier;
};

void BM_RememberedToken(benchmark::State& state) {
  const TestSigningKey key = TestSigningKey::Rsa();
  Bench bench(key, SignatureAlgorithm::kRs256, "RS256", 10000);
  for (int i = 1; i < state.range(0); ++i) {
    const auto other = SignedToken(key, SignatureAlgorithm::kRs256, bench.header, Payload(i));
    CHECK(bench.verifier.Verify(other, kNow).outcome == TokenOutcome::kAccepted);
  }
  for (auto _ : state) {
    const TokenVerdict verdict = bench.verifier.Verify(bench.token, kNow);
    CHECK(verdict.outcome == TokenOutcome::kAccepted);
  }
  state.SetLabel(absl::StrCat(bench.token.size(), " bytes"));
}
BENCHMARK(BM_RememberedToken)->Arg(1)->Arg(1000);

void BM_Sha256OfTheSameToken(benchmark::State& state) {
  const Bench bench(TestSigningKey::Rsa(), SignatureAlgorithm::kRs256, "RS256", 1);
  for (auto _ : state) benchmark::DoNotOptimize(crypto::Sha256(bench.token));
}
BENCHMARK(BM_Sha256OfTheSameToken);

void Verify(benchmark::State& state, const TestSigningKey& key, SignatureAlgorithm algorithm,
            std::string_view name) {
  Bench bench(key, algorithm, name, 0);
  for (auto _ : state) {
    const TokenVerdict verdict = bench.verifier.Verify(bench.token, kNow);
    CHECK(verdict.outcome == TokenOutcome::kAccepted);
  }
}

void BM_VerifyRs256(benchmark::State& state) {
  Verify(state, TestSigningKey::Rsa(), SignatureAlgorithm::kRs256, "RS256");
}
BENCHMARK(BM_VerifyRs256);

void BM_VerifyEs256(benchmark::State& state) {
  Verify(state, TestSigningKey::Ec(crypto::EcCurve::kP256), SignatureAlgorithm::kEs256, "ES256");
}
BENCHMARK(BM_VerifyEs256);

void BM_VerifyEdDsa(benchmark::State& state) {
  Verify(state, TestSigningKey::Ed25519(), SignatureAlgorithm::kEdDsa, "EdDSA");
}
BENCHMARK(BM_VerifyEdDsa);

void BM_VerifyHs256(benchmark::State& state) {
  Verify(state, TestSigningKey::Secret(std::string(32, 's')), SignatureAlgorithm::kHs256, "HS256");
}
BENCHMARK(BM_VerifyHs256);

// A forged token that names no key, against ten that might have signed it: the dearest of all.
void BM_RefuseForged(benchmark::State& state) {
  std::string keys;
  for (int i = 0; i < 10; ++i) {
    absl::StrAppend(&keys, i == 0 ? "" : ",", JwkOf(TestSigningKey::Rsa()));
  }
  auto set = VerifyingKeySet::Parse(JwkSetOf(keys));
  CHECK_OK(set.status());
  TokenVerifier verifier(std::make_shared<TokenRules>(), {});
  verifier.SetKeys(*std::move(set));
  const std::string token = SignedToken(TestSigningKey::Rsa(), SignatureAlgorithm::kRs256,
                                        R"({"alg":"RS256"})", Payload(0));
  for (auto _ : state) {
    CHECK(verifier.Verify(token, kNow).outcome == TokenOutcome::kSignatureInvalid);
  }
}
BENCHMARK(BM_RefuseForged);

}  // namespace
}  // namespace sluice::jose

BENCHMARK_MAIN();
