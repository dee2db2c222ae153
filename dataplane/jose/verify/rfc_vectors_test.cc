// SPDX-License-Identifier: Apache-2.0
//
// The examples of the RFCs: each token verifies under the key that its RFC gives, and no longer
// once a bit of it is changed.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dataplane/jose/compact_jws.h"
#include "dataplane/jose/verify/token_verifier.h"
#include "dataplane/jose/verify/verifying_key_set.h"
#include "gtest/gtest.h"

namespace sluice::jose {
namespace {

struct Example {
  const char* name;
  const char* key;
  const char* token;
};

constexpr Example kRfc7515A1 = {
    "RFC 7515 A.1, HS256",
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})",
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"};

constexpr Example kRfc7515A2 = {
    "RFC 7515 A.2, RS256",
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})",
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5j"
    "ujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
    "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUT"
    "I8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"};

constexpr Example kRfc7515A3 = {
    "RFC 7515 A.3, ES256",
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"};

constexpr Example kRfc7515A4 = {
    "RFC 7515 A.4, ES512",
    R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})",
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_"
    "7XdtAG8GaSwF"
    "KdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"};

constexpr Example kRfc8037A4 = {
    "RFC 8037 A.4, EdDSA",
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"};

constexpr Example kAll[] = {kRfc7515A1, kRfc7515A2, kRfc7515A3, kRfc7515A4, kRfc8037A4};

std::shared_ptr<const VerifyingKeySet> KeysOf(std::string_view keys) {
  auto set = VerifyingKeySet::Parse(absl::StrCat("{\"keys\":[", keys, "]}"));
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

TokenOutcome Check(const VerifyingKeySet& keys, std::string_view token) {
  CompactJws jws;
  const TokenOutcome outcome = ParseCompactJws(token, kDefaultMaxTokenBytes, jws);
  return outcome == TokenOutcome::kAccepted ? keys.CheckSignature(jws).outcome : outcome;
}

TEST(RfcVectorsTest, EachTokenVerifiesUnderItsKey) {
  for (const Example& example : kAll) {
    EXPECT_EQ(Check(*KeysOf(example.key), example.token), TokenOutcome::kAccepted) << example.name;
  }
}

TEST(RfcVectorsTest, EachTokenVerifiesUnderOneSetOfAllKeys) {
  std::string keys;
  for (const Example& example : kAll) absl::StrAppend(&keys, keys.empty() ? "" : ",", example.key);
  const auto set = KeysOf(keys);
  for (const Example& example : kAll) {
    EXPECT_EQ(Check(*set, example.token), TokenOutcome::kAccepted) << example.name;
  }
}

TEST(RfcVectorsTest, NoTokenVerifiesUnderTheKeyOfAnother) {
  for (const Example& example : kAll) {
    for (const Example& other : kAll) {
      if (example.key == other.key) continue;
      EXPECT_NE(Check(*KeysOf(other.key), example.token), TokenOutcome::kAccepted)
          << example.name << " under " << other.name;
    }
  }
}

TEST(RfcVectorsTest, AnyChangedCharacterIsNoticed) {
  for (const Example& example : kAll) {
    const auto keys = KeysOf(example.key);
    const std::string token = example.token;
    for (size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_NE(Check(*keys, changed), TokenOutcome::kAccepted) << example.name << " at " << i;
    }
  }
}

// RFC 7519 §3.1 is the token of RFC 7515 §A.1.
TEST(RfcVectorsTest, TheExampleOfRfc7519IsReadAndExpires) {
  auto rules = std::make_shared<TokenRules>();
  rules->issuer = "joe";
  TokenVerifier verifier(rules, {});
  verifier.SetKeys(KeysOf(kRfc7515A1.key));
  const absl::Time expires = absl::FromUnixSeconds(1300819380);
  const TokenVerdict verdict = verifier.Verify(kRfc7515A1.token, expires - absl::Seconds(1));
  ASSERT_EQ(verdict.outcome, TokenOutcome::kAccepted);
  EXPECT_EQ(verdict.claims->Find("http://example.com/is_root")->values[0], "true");
  EXPECT_EQ(verifier.Verify(kRfc7515A1.token, expires + absl::Seconds(60)).outcome,
            TokenOutcome::kExpired);
}

}  // namespace
}  // namespace sluice::jose
