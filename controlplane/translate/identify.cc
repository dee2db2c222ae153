// SPDX-License-Identifier: Apache-2.0
#include "controlplane/translate/identify.h"

#include <variant>

#include "envoy/extensions/filters/http/jwt_authn/v3/config.pb.h"

namespace sluice::translate {
namespace {

using envoy::extensions::filters::http::jwt_authn::v3::JwtProvider;
using Place = ir::CredentialSource::Place;

void SetSource(const ir::CredentialSource& from, identity::v1::Source* to) {
  auto* place = to->mutable_place();
  switch (from.place) {
    case Place::kHeader:
      place->set_header(from.name);
      break;
    case Place::kQuery:
      place->set_query(from.name);
      break;
    case Place::kCookie:
      place->set_cookie(from.name);
      break;
  }
  to->set_prefix(from.prefix);
}

void SetTokenSource(const ir::CredentialSource& from, JwtProvider* to) {
  switch (from.place) {
    case Place::kHeader: {
      auto* header = to->add_from_headers();
      header->set_name(from.name);
      header->set_value_prefix(from.prefix);
      break;
    }
    case Place::kQuery:
      to->add_from_params(from.name);
      break;
    case Place::kCookie:
      to->add_from_cookies(from.name);
      break;
  }
}

void SetHow(const ir::ApiKeyMethod& from, identity::v1::Method* to) {
  identity::v1::ApiKeyMethod* method = to->mutable_api_key();
  for (const ir::CredentialSource& source : from.from) SetSource(source, method->add_sources());
  method->set_forward(from.forward);
}

void SetHow(const ir::JwtMethod& from, identity::v1::Method* to) {
  JwtProvider* provider = to->mutable_jwt()->mutable_provider();
  provider->set_issuer(from.issuer);
  for (const std::string& audience : from.audiences) provider->add_audiences(audience);
  provider->mutable_local_jwks()->set_inline_string(from.jwks);
  for (const ir::CredentialSource& source : from.from) SetTokenSource(source, provider);
  provider->set_forward(from.forward);
  provider->set_clock_skew_seconds(static_cast<uint32_t>(absl::ToInt64Seconds(from.clock_skew)));
  provider->set_require_expiration(from.require_expiration);
  for (const auto& [claim, header] : from.claim_headers) {
    auto* out = provider->add_claim_to_headers();
    out->set_claim_name(claim);
    out->set_header_name(header);
  }
  for (const ir::NamedValues& claim : from.required_claims) {
    identity::v1::RequiredClaim* required = to->mutable_jwt()->add_required_claims();
    required->set_name(claim.name);
    for (const std::string& value : claim.values) required->add_values(value);
  }
}

void SetHow(const ir::BasicMethod& from, identity::v1::Method* to) {
  to->mutable_basic()->set_forward(from.forward);
  to->mutable_basic()->set_realm(from.realm);
}

void SetHow(const ir::CertificateMethod&, identity::v1::Method* to) { to->mutable_certificate(); }

}  // namespace

identity::v1::IdentifyPerRoute TranslateIdentify(const ir::Identify& from) {
  identity::v1::IdentifyPerRoute to;
  to.set_policy(from.policy);
  for (const ir::IdentifyMethod& method : from.methods) {
    identity::v1::Method* out = to.add_methods();
    out->set_name(method.name);
    std::visit([out](const auto& how) { SetHow(how, out); }, method.how);
  }
  to.set_require(from.all ? identity::v1::IdentifyPerRoute::ALL
                          : identity::v1::IdentifyPerRoute::ANY);
  to.set_allow_missing(from.anonymous);
  to.set_consumer_namespace(from.consumer_namespace.value_or(""));
  to.set_require_consumer(from.require_consumer);
  to.set_shadow(from.shadow);
  to.set_unusable(from.unusable);
  return to;
}

}  // namespace sluice::translate
