// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/auth.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "api/manifest/jwks.h"
#include "api/manifest/values.h"
#include "controlplane/resolve/conditions.h"
#include "controlplane/resolve/data_entry.h"

namespace sluice::resolve {
namespace {

using v1alpha1::AuthPolicy;
using Place = ir::CredentialSource::Place;

std::vector<ir::CredentialSource> ToIr(
    const google::protobuf::RepeatedPtrField<v1alpha1::CredentialSource>& from) {
  std::vector<ir::CredentialSource> out;
  for (const v1alpha1::CredentialSource& source : from) {
    if (!source.header().empty()) {
      out.push_back({Place::kHeader, absl::AsciiStrToLower(source.header()), source.prefix()});
    } else if (!source.query().empty()) {
      out.push_back({Place::kQuery, source.query(), ""});
    } else {
      out.push_back({Place::kCookie, source.cookie(), ""});
    }
  }
  return out;
}

ir::JwtMethod ToIr(const v1alpha1::JwtMethod& from, std::string jwks) {
  ir::JwtMethod to{.issuer = from.issuer(),
                   .audiences = {from.audiences().begin(), from.audiences().end()},
                   .jwks = std::move(jwks),
                   .from = ToIr(from.from()),
                   .forward = from.forward(),
                   .require_expiration = !from.allow_no_expiration()};
  if (to.from.empty()) to.from.push_back({Place::kHeader, "authorization", "Bearer "});
  if (from.has_clock_skew()) to.clock_skew = manifest::FromProto(from.clock_skew());
  for (const v1alpha1::ClaimMatch& claim : from.required_claims()) {
    to.required_claims.push_back({claim.claim(), {claim.values().begin(), claim.values().end()}});
  }
  for (const v1alpha1::ClaimHeader& header : from.claim_headers()) {
    to.claim_headers.emplace_back(header.claim(), absl::AsciiStrToLower(header.header()));
  }
  return to;
}

void AddMethod(Facts& facts, const AuthPolicy& policy, const v1alpha1::IdentifyMethod& from,
               ir::Identify& to) {
  ir::IdentifyMethod method{.name = from.name()};
  if (from.type() == "APIKey") {
    method.how = ir::ApiKeyMethod{ToIr(from.api_key().from()), from.api_key().forward()};
  } else if (from.type() == "Basic") {
    const std::string& realm = from.basic().realm();
    method.how =
        ir::BasicMethod{from.basic().forward(), realm.empty() ? policy.metadata().name() : realm};
  } else if (from.type() == "ClientCertificate") {
    method.how = ir::CertificateMethod();
  } else {
    auto jwks = ResolveJwks(facts, policy.metadata().namespace_(), from.jwt().keys());
    if (auto* refusal = std::get_if<Refusal>(&jwks)) {
      if (to.unusable.empty()) {
        to.unusable = absl::StrCat("method ", from.name(), ": ", refusal->message);
      }
      return;
    }
    method.how = ToIr(from.jwt(), std::get<std::string>(std::move(jwks)));
  }
  to.methods.push_back(std::move(method));
}

std::string NameOf(const AuthPolicy& policy) {
  return absl::StrCat("AuthPolicy/", policy.metadata().namespace_(), "/", policy.metadata().name());
}

ir::Source SourceOf(const AuthPolicy& policy, std::string field_path) {
  return {{"AuthPolicy", policy.metadata().namespace_(), policy.metadata().name()},
          std::move(field_path)};
}

}  // namespace

ir::Identify ResolveIdentify(Facts& facts, const AuthPolicy& policy) {
  const v1alpha1::IdentifySpec& from = policy.spec().identify();
  ir::Identify to{.policy = NameOf(policy),
                  .all = from.require() == "All",
                  .anonymous = from.anonymous(),
                  .require_consumer = from.require_consumer(),
                  .shadow = policy.spec().mode() == "Shadow",
                  .source = SourceOf(policy, "spec.identify")};
  if (from.consumers() != "All") to.consumer_namespace = policy.metadata().namespace_();
  for (const v1alpha1::IdentifyMethod& method : from.methods()) {
    AddMethod(facts, policy, method, to);
  }
  // Without one of its ways the policy would ask for something else than was written.
  if (!to.unusable.empty()) to.methods.clear();
  return to;
}

ir::Authorize ResolveAuthorize(const AuthPolicy& policy) {
  const std::string& ns = policy.metadata().namespace_();
  ir::Authorize to{.policy = NameOf(policy),
                   .shadow = policy.spec().mode() == "Shadow",
                   .source = SourceOf(policy, "spec.authorize")};
  for (const v1alpha1::AuthorizeRule& from : policy.spec().authorize().rules()) {
    ir::AuthorizeRule rule{.name = from.name(), .deny = from.action() == "Deny"};
    if (from.has_when()) rule.when = ResolveConditions(from.when(), ns);
    if (from.has_unless()) rule.unless = ResolveConditions(from.unless(), ns);
    to.rules.push_back(std::move(rule));
  }
  return to;
}

std::variant<std::string, Refusal> ResolveJwks(Facts& facts, const std::string& ns,
                                               const v1alpha1::JwtKeys& keys) {
  if (!keys.has_ref()) return keys.inline_();
  const v1alpha1::JwtKeysReference& ref = keys.ref();
  const std::string key = ref.key().empty() ? "jwks" : ref.key();
  auto entry = ResolveEntry(facts, ref.kind(), ns, ref.name(), key);
  const auto* text = std::get_if<std::string>(&entry);
  if (text == nullptr) return entry;
  if (const std::string problem = manifest::CheckJwks(*text); !problem.empty()) {
    return Refusal{"InvalidKeys", absl::StrCat(ref.kind(), " ", ns, "/", ref.name(), ": entry ",
                                               key, " ", absl::StripSuffix(problem, "."))};
  }
  return entry;
}

}  // namespace sluice::resolve
