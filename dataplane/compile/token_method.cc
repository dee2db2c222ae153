// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/token_method.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/http/syntax.h"
#include "dataplane/jose/jwk_set.h"
#include "dataplane/jose/token_rules.h"

namespace sluice::compile {

using envoy::extensions::filters::http::jwt_authn::v3::JwtProvider;
using filters::CredentialSource;
using filters::JwtMethod;
using Kind = CredentialSource::Kind;

namespace {

constexpr uint32_t kDefaultSkewSeconds = 60;
constexpr uint32_t kMaxRememberedTokens = 100'000;
constexpr int kMaxSources = 16;
constexpr int kMaxClaimHeaders = 64;

// Fields that say how a message is read, or whom it is for: no token's to write.
constexpr std::string_view kReserved[] = {
    "connection", "content-length", "expect",  "host", "keep-alive",       "proxy-connection",
    "te",         "trailer",        "upgrade", "via",  "transfer-encoding"};

// A header that tells the backend something, in lower case.
absl::StatusOr<std::string> OwnHeader(const std::string& name, std::string_view field,
                                      const CompileContext& context) {
  std::string lower = absl::AsciiStrToLower(name);
  if (!http::IsFieldName(lower)) {
    return context.ErrorAt(field, absl::StrCat("\"", name, "\" is no header name"));
  }
  if (std::find(std::begin(kReserved), std::end(kReserved), lower) != std::end(kReserved)) {
    return context.ErrorAt(field, absl::StrCat("\"", name, "\" is not for a token to set"));
  }
  return lower;
}

absl::Status CompileSources(const JwtProvider& provider, JwtMethod& out,
                            const CompileContext& context) {
  for (int i = 0; i < provider.from_headers_size(); ++i) {
    const auto& header = provider.from_headers(i);
    const std::string lower = absl::AsciiStrToLower(header.name());
    if (!http::IsFieldName(lower)) {
      return context.ErrorAt(absl::StrCat("from_headers[", i, "].name"),
                             absl::StrCat("\"", header.name(), "\" is no header name"));
    }
    out.from.push_back({Kind::kHeader, lower, header.value_prefix()});
  }
  for (const std::string& name : provider.from_params()) {
    if (name.empty()) return context.ErrorAt("from_params", "one is empty");
    out.from.push_back({Kind::kQuery, name, ""});
  }
  for (const std::string& name : provider.from_cookies()) {
    if (name.empty()) return context.ErrorAt("from_cookies", "one is empty");
    out.from.push_back({Kind::kCookie, name, ""});
  }
  if (out.from.size() > kMaxSources) {
    return context.Error(absl::StrCat("tokens are looked for in ", out.from.size(),
                                      " places: at most ", kMaxSources));
  }
  if (!out.from.empty()) return absl::OkStatus();
  out.from = {{Kind::kHeader, "authorization", "Bearer "}, {Kind::kQuery, "access_token", ""}};
  return absl::OkStatus();
}

absl::Status CompileRules(const JwtProvider& provider, jose::TokenRules& out,
                          CompileContext& context) {
  out.issuer = provider.issuer();
  out.audiences.assign(provider.audiences().begin(), provider.audiences().end());
  if (provider.has_subjects()) {
    // An empty subject would ask for nothing.
    if (provider.subjects().exact().empty() || provider.subjects().ignore_case()) {
      return context.ErrorAt("subjects", "wants an exact subject, case included");
    }
    out.subject = provider.subjects().exact();
  }
  const uint32_t skew = provider.clock_skew_seconds();
  out.times.clock_skew = absl::Seconds(skew == 0 ? kDefaultSkewSeconds : skew);
  out.times.require_expiration = provider.require_expiration();
  if (provider.has_max_lifetime()) {
    SLUICE_ASSIGN_OR_RETURN(const int64_t ms,
                            Milliseconds(provider.max_lifetime(), "max_lifetime", context));
    out.times.max_lifetime = absl::Milliseconds(ms);
  }
  return absl::OkStatus();
}

absl::Status CompileKeys(const JwtProvider& provider, JwtMethod& out, CompileContext& context) {
  if (!provider.has_local_jwks()) return context.ErrorAt("local_jwks", "is missing");
  SLUICE_ASSIGN_OR_RETURN(const std::string text,
                          ReadDataSource(provider.local_jwks(), "local_jwks", context));
  if (context.options().make_verifying_keys) {
    auto keys = context.options().make_verifying_keys(text);
    if (!keys.ok()) return context.ErrorAt("local_jwks", keys.status().message());
    out.keys = *std::move(keys);
    return absl::OkStatus();
  }
  if (auto parsed = jose::ParseJwkSet(text); !parsed.ok()) {
    return context.ErrorAt("local_jwks", parsed.status().message());
  }
  return absl::OkStatus();
}

absl::Status CompileHeaders(const JwtProvider& provider, JwtMethod& out, CompileContext& context) {
  if (provider.claim_to_headers_size() > kMaxClaimHeaders) {
    return context.ErrorAt(
        "claim_to_headers",
        absl::StrCat(provider.claim_to_headers_size(), " of them: at most ", kMaxClaimHeaders));
  }
  for (int i = 0; i < provider.claim_to_headers_size(); ++i) {
    const Scope at(context, "claim_to_headers", i);
    const auto& from = provider.claim_to_headers(i);
    filters::ClaimHeader header{.claim = from.claim_name()};
    for (const auto& segment : from.claim_path()) {
      absl::StrAppend(&header.claim, header.claim.empty() ? "" : ".", segment.key());
    }
    if (header.claim.empty()) return context.ErrorAt("claim_name", "is empty");
    SLUICE_ASSIGN_OR_RETURN(header.header, OwnHeader(from.header_name(), "header_name", context));
    out.claim_headers.push_back(std::move(header));
  }
  if (provider.forward_payload_header().empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(out.payload_header, OwnHeader(provider.forward_payload_header(),
                                                        "forward_payload_header", context));
  out.pad_payload = provider.pad_forward_payload_header();
  return absl::OkStatus();
}

absl::Status CompileProvider(const JwtProvider& provider, JwtMethod& out, CompileContext& context) {
  const Scope at(context, "provider");
  auto rules = std::make_shared<jose::TokenRules>();
  SLUICE_RETURN_IF_ERROR(CompileRules(provider, *rules, context));
  out.rules = std::move(rules);
  SLUICE_RETURN_IF_ERROR(CompileSources(provider, out, context));
  SLUICE_RETURN_IF_ERROR(CompileKeys(provider, out, context));
  SLUICE_RETURN_IF_ERROR(CompileHeaders(provider, out, context));
  out.forward = provider.forward();
  if (provider.jwt_cache_config().jwt_cache_size() > 0) {
    out.remembered_tokens =
        std::min(provider.jwt_cache_config().jwt_cache_size(), kMaxRememberedTokens);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JwtMethod> CompileTokenMethod(const identity::v1::JwtMethod& method,
                                             CompileContext& context) {
  JwtMethod out;
  SLUICE_RETURN_IF_ERROR(CompileProvider(method.provider(), out, context));
  for (int i = 0; i < method.required_claims_size(); ++i) {
    const auto& claim = method.required_claims(i);
    if (claim.name().empty()) {
      return context.ErrorAt(absl::StrCat("required_claims[", i, "].name"), "is empty");
    }
    out.required.push_back({claim.name(), {claim.values().begin(), claim.values().end()}});
  }
  return out;
}

}  // namespace sluice::compile
