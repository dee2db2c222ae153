// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/tls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/config_source.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/compile/matchers.h"

namespace sluice::compile {

using config::SanMatcher;
using config::TlsCommon;
using config::TlsValidation;
using config::TlsVersion;
using envoy::extensions::transport_sockets::tls::v3::CertificateValidationContext;
using envoy::extensions::transport_sockets::tls::v3::CommonTlsContext;
using envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext;
using envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig;
using envoy::extensions::transport_sockets::tls::v3::SubjectAltNameMatcher;
using envoy::extensions::transport_sockets::tls::v3::TlsParameters;
using envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext;
using StringKind = config::StringMatch::Kind;
using TlsCertificateMessage = envoy::extensions::transport_sockets::tls::v3::TlsCertificate;

namespace {

absl::Status CompileParameters(const TlsParameters& parameters, TlsCommon& out,
                               CompileContext& context) {
  const Scope at(context, "tls_params");
  out.min_version = TlsVersion::kTls12;
  out.max_version = TlsVersion::kTls13;
  switch (parameters.tls_minimum_protocol_version()) {
    case TlsParameters::TLSv1_0:
    case TlsParameters::TLSv1_1:
      context.List("tls_minimum_protocol_version", "TLS before 1.2");
      break;
    case TlsParameters::TLSv1_3:
      out.min_version = TlsVersion::kTls13;
      break;
    default:
      break;
  }
  switch (parameters.tls_maximum_protocol_version()) {
    case TlsParameters::TLSv1_0:
    case TlsParameters::TLSv1_1:
      return context.ErrorAt("tls_maximum_protocol_version", "TLS before 1.2 is not spoken");
    case TlsParameters::TLSv1_2:
      out.max_version = TlsVersion::kTls12;
      break;
    default:
      break;
  }
  if (out.min_version > out.max_version) {
    return context.ErrorAt("tls_minimum_protocol_version", "is above tls_maximum_protocol_version");
  }
  out.cipher_suites.assign(parameters.cipher_suites().begin(), parameters.cipher_suites().end());
  out.groups.assign(parameters.ecdh_curves().begin(), parameters.ecdh_curves().end());
  return absl::OkStatus();
}

absl::StatusOr<config::TlsCertificate> CompileCertificate(const TlsCertificateMessage& certificate,
                                                          CompileContext& context) {
  config::TlsCertificate out;
  SLUICE_ASSIGN_OR_RETURN(out.certificate_chain_pem, ReadDataSource(certificate.certificate_chain(),
                                                                    "certificate_chain", context));
  SLUICE_ASSIGN_OR_RETURN(out.private_key_pem,
                          ReadDataSource(certificate.private_key(), "private_key", context));
  if (certificate.has_ocsp_staple()) {
    SLUICE_ASSIGN_OR_RETURN(out.ocsp_staple,
                            ReadDataSource(certificate.ocsp_staple(), "ocsp_staple", context));
  }
  return out;
}

absl::StatusOr<SanMatcher> ToSan(SanMatcher::Type type, const config::StringMatch& match,
                                 const CompileContext& context) {
  SanMatcher san{.type = type, .value = match.value, .ignore_case = match.ignore_case};
  switch (match.kind) {
    case StringKind::kExact:
      san.match = SanMatcher::Match::kExact;
      break;
    case StringKind::kPrefix:
      san.match = SanMatcher::Match::kPrefix;
      break;
    case StringKind::kSuffix:
      san.match = SanMatcher::Match::kSuffix;
      break;
    case StringKind::kContains:
      san.match = SanMatcher::Match::kContains;
      break;
    case StringKind::kRegex:
      san.match = SanMatcher::Match::kRegex;
      break;
    case StringKind::kPresent:
      return context.Error("wants a condition on the name");
  }
  return san;
}

absl::StatusOr<SanMatcher::Type> SanTypeOf(const SubjectAltNameMatcher& matcher,
                                           const CompileContext& context) {
  switch (matcher.san_type()) {
    case SubjectAltNameMatcher::EMAIL:
      return SanMatcher::Type::kEmail;
    case SubjectAltNameMatcher::DNS:
      return SanMatcher::Type::kDns;
    case SubjectAltNameMatcher::URI:
      return SanMatcher::Type::kUri;
    case SubjectAltNameMatcher::IP_ADDRESS:
      return SanMatcher::Type::kIp;
    default:
      return context.ErrorAt("san_type", "wants one of EMAIL, DNS, URI and IP_ADDRESS");
  }
}

absl::Status CompileSans(const CertificateValidationContext& validation, TlsValidation& out,
                         CompileContext& context) {
  for (int i = 0; i < validation.match_typed_subject_alt_names_size(); ++i) {
    const Scope at(context, "match_typed_subject_alt_names", i);
    const SubjectAltNameMatcher& matcher = validation.match_typed_subject_alt_names(i);
    SLUICE_ASSIGN_OR_RETURN(const SanMatcher::Type type, SanTypeOf(matcher, context));
    const Scope text(context, "matcher");
    SLUICE_ASSIGN_OR_RETURN(const config::StringMatch match,
                            CompileStringMatch(matcher.matcher(), context));
    SLUICE_ASSIGN_OR_RETURN(SanMatcher san, ToSan(type, match, context));
    out.sans.push_back(std::move(san));
  }
  for (int i = 0; i < validation.match_subject_alt_names_size(); ++i) {
    const Scope at(context, "match_subject_alt_names", i);
    SLUICE_ASSIGN_OR_RETURN(const config::StringMatch match,
                            CompileStringMatch(validation.match_subject_alt_names(i), context));
    SLUICE_ASSIGN_OR_RETURN(SanMatcher san, ToSan(SanMatcher::Type::kAny, match, context));
    out.sans.push_back(std::move(san));
  }
  return absl::OkStatus();
}

// `whole` is false for the part of a combined context that waits for its secret.
absl::StatusOr<TlsValidation> CompileValidation(const CertificateValidationContext& validation,
                                                bool whole, CompileContext& context) {
  TlsValidation out;
  if (validation.has_trusted_ca()) {
    SLUICE_ASSIGN_OR_RETURN(out.trusted_ca_pem,
                            ReadDataSource(validation.trusted_ca(), "trusted_ca", context));
    // An empty bundle must never come to mean that no check is wanted.
    if (out.trusted_ca_pem.empty()) return context.ErrorAt("trusted_ca", "is empty");
  }
  out.system_roots = validation.has_system_root_certs() && !validation.has_trusted_ca();
  SLUICE_RETURN_IF_ERROR(CompileSans(validation, out, context));
  out.spki_sha256_base64.assign(validation.verify_certificate_spki().begin(),
                                validation.verify_certificate_spki().end());
  out.certificate_sha256_hex.assign(validation.verify_certificate_hash().begin(),
                                    validation.verify_certificate_hash().end());
  if (validation.has_crl()) {
    SLUICE_ASSIGN_OR_RETURN(out.crl_pem, ReadDataSource(validation.crl(), "crl", context));
  }
  out.allow_expired = validation.allow_expired_certificate();
  out.trust_chain_only_leaf_crl = validation.only_verify_leaf_cert_crl();
  if (whole && !out.sans.empty() && out.trusted_ca_pem.empty() && !out.system_roots) {
    return context.Error(
        "checks names without trusted_ca or system_root_certs: any issuer could put them in");
  }
  return out;
}

absl::Status AddSecretName(const SdsSecretConfig& secret, std::string& name,
                           CompileContext& context) {
  if (secret.name().empty()) return context.ErrorAt("name", "is empty");
  name = secret.name();
  if (secret.has_sds_config()) {
    return Refer(Reference::Kind::kSecret, name, secret.sds_config(), "sds_config", context);
  }
  context.Refer({.kind = Reference::Kind::kSecret,
                 .name = name,
                 .source = {.kind = ResourceSource::Kind::kStatic}});
  return absl::OkStatus();
}

absl::Status CompileValidationType(const CommonTlsContext& common, TlsCommon& out,
                                   SecretRefs& secrets, CompileContext& context) {
  const auto compile = [&](const CertificateValidationContext& validation,
                           bool whole) -> absl::Status {
    if (validation.has_watched_directory()) {
      context.List("watched_directory",
                   "CertificateValidationContext.watched_directory outside of a secret");
    }
    SLUICE_ASSIGN_OR_RETURN(TlsValidation compiled, CompileValidation(validation, whole, context));
    out.validation = std::make_shared<const TlsValidation>(std::move(compiled));
    return absl::OkStatus();
  };
  switch (common.validation_context_type_case()) {
    case CommonTlsContext::kValidationContext: {
      const Scope at(context, "validation_context");
      return compile(common.validation_context(), true);
    }
    case CommonTlsContext::kValidationContextSdsSecretConfig: {
      const Scope at(context, "validation_context_sds_secret_config");
      return AddSecretName(common.validation_context_sds_secret_config(), secrets.validation,
                           context);
    }
    case CommonTlsContext::kCombinedValidationContext: {
      const Scope at(context, "combined_validation_context");
      const auto& combined = common.combined_validation_context();
      {
        const Scope part(context, "default_validation_context");
        SLUICE_RETURN_IF_ERROR(compile(combined.default_validation_context(), false));
      }
      const Scope part(context, "validation_context_sds_secret_config");
      return AddSecretName(combined.validation_context_sds_secret_config(), secrets.validation,
                           context);
    }
    default:
      return absl::OkStatus();
  }
}

bool HasAuthority(const TlsValidation& validation) {
  return validation.system_roots || !validation.trusted_ca_pem.empty();
}

bool ChecksAnything(const TlsValidation& validation) {
  return HasAuthority(validation) || !validation.spki_sha256_base64.empty() ||
         !validation.certificate_sha256_hex.empty();
}

absl::Status CompileCommon(const CommonTlsContext& common, TlsCommon& out, SecretRefs& secrets,
                           CompileContext& context) {
  const Scope at(context, "common_tls_context");
  SLUICE_RETURN_IF_ERROR(CompileParameters(common.tls_params(), out, context));
  out.alpn.assign(common.alpn_protocols().begin(), common.alpn_protocols().end());
  for (int i = 0; i < common.tls_certificates_size(); ++i) {
    const Scope element(context, "tls_certificates", i);
    SLUICE_ASSIGN_OR_RETURN(config::TlsCertificate certificate,
                            CompileCertificate(common.tls_certificates(i), context));
    // Only secrets follow their files (Envoy, the same).
    if (common.tls_certificates(i).has_watched_directory()) {
      context.List("watched_directory", "TlsCertificate.watched_directory outside of a secret");
    }
    certificate.name = context.path();
    out.certificates.push_back(std::move(certificate));
  }
  for (int i = 0; i < common.tls_certificate_sds_secret_configs_size(); ++i) {
    const Scope element(context, "tls_certificate_sds_secret_configs", i);
    SLUICE_RETURN_IF_ERROR(AddSecretName(common.tls_certificate_sds_secret_configs(i),
                                         secrets.certificates.emplace_back(), context));
  }
  return CompileValidationType(common, out, secrets, context);
}

absl::Status CompileSessions(const DownstreamTlsContext& tls, config::DownstreamTls& out,
                             CompileContext& context) {
  // No session is kept by id, so disable_stateful_session_resumption is so in any case.
  out.session_tickets = !tls.disable_stateless_session_resumption();
  constexpr size_t kTicketKeyBytes = 80;
  for (int i = 0; i < tls.session_ticket_keys().keys_size(); ++i) {
    const std::string field = absl::StrCat("session_ticket_keys.keys[", i, "]");
    SLUICE_ASSIGN_OR_RETURN(std::string key,
                            ReadDataSource(tls.session_ticket_keys().keys(i), field, context));
    if (key.size() != kTicketKeyBytes) {
      return context.ErrorAt(field,
                             absl::StrCat("has ", key.size(), " bytes, wants ", kTicketKeyBytes));
    }
    out.ticket_keys.push_back(std::move(key));
  }
  out.session_timeout_s = 7200;
  if (tls.has_session_timeout()) {
    SLUICE_ASSIGN_OR_RETURN(const int64_t ms,
                            Milliseconds(tls.session_timeout(), "session_timeout", context));
    out.session_timeout_s = ms / 1000;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CompiledDownstreamTls> CompileDownstreamTls(const DownstreamTlsContext& tls,
                                                           CompileContext& context) {
  CompiledDownstreamTls out;
  TlsCommon& common = out.tls.common;
  SLUICE_RETURN_IF_ERROR(CompileCommon(tls.common_tls_context(), common, out.secrets, context));
  if (common.certificates.empty() && out.secrets.certificates.empty()) {
    return context.ErrorAt("common_tls_context",
                           "a server wants a certificate: tls_certificates or "
                           "tls_certificate_sds_secret_configs");
  }
  out.tls.require_client_certificate = tls.require_client_certificate().value();
  if (out.tls.require_client_certificate && common.validation == nullptr &&
      out.secrets.validation.empty()) {
    return context.ErrorAt("require_client_certificate",
                           "wants a validation context to check the certificate by");
  }
  if (out.tls.require_client_certificate && out.secrets.validation.empty() &&
      !ChecksAnything(*common.validation)) {
    return context.ErrorAt("common_tls_context.validation_context",
                           "would take any client certificate: wants trusted_ca, "
                           "system_root_certs, verify_certificate_spki or verify_certificate_hash");
  }
  SLUICE_RETURN_IF_ERROR(CompileSessions(tls, out.tls, context));
  return out;
}

absl::StatusOr<CompiledUpstreamTls> CompileUpstreamTls(const UpstreamTlsContext& tls,
                                                       CompileContext& context) {
  CompiledUpstreamTls out;
  SLUICE_RETURN_IF_ERROR(
      CompileCommon(tls.common_tls_context(), out.tls.common, out.secrets, context));
  if (tls.sni().size() > 255) return context.ErrorAt("sni", "is over 255 bytes");
  out.tls.sni = tls.sni();
  out.tls.auto_sni = false;  // The cluster's HTTP options say.
  out.tls.auto_san_validation = tls.auto_sni_san_validation();
  out.tls.max_session_keys = tls.has_max_session_keys() ? tls.max_session_keys().value() : 1;
  return out;
}

absl::StatusOr<CompiledSecret> CompileSecret(
    const envoy::extensions::transport_sockets::tls::v3::Secret& secret, CompileContext& context) {
  context.Begin("secret", secret.name());
  SLUICE_RETURN_IF_ERROR(context.Walk(secret));
  CompiledSecret out;
  out.name = secret.name();
  if (out.name.empty()) return context.ErrorAt("name", "is empty");
  if (secret.has_tls_certificate()) {
    const Scope at(context, "tls_certificate");
    SLUICE_ASSIGN_OR_RETURN(config::TlsCertificate certificate,
                            CompileCertificate(secret.tls_certificate(), context));
    certificate.name = out.name;
    out.certificate = std::move(certificate);
    return out;
  }
  if (secret.has_validation_context()) {
    const Scope at(context, "validation_context");
    SLUICE_ASSIGN_OR_RETURN(TlsValidation validation,
                            CompileValidation(secret.validation_context(), true, context));
    validation.name = out.name;
    out.validation = std::make_shared<const TlsValidation>(std::move(validation));
    return out;
  }
  return context.Error("wants one of tls_certificate and validation_context");
}

absl::Status BindSecrets(const SecretRefs& secrets, const FindSecret& find, TlsCommon& common) {
  const auto get = [&](const std::string& name) -> absl::StatusOr<const CompiledSecret*> {
    const CompiledSecret* secret = find(name);
    if (secret != nullptr) return secret;
    return absl::UnavailableError(absl::StrCat("secret \"", name, "\" is not there yet"));
  };
  for (const std::string& name : secrets.certificates) {
    SLUICE_ASSIGN_OR_RETURN(const CompiledSecret* secret, get(name));
    if (!secret->certificate.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("secret \"", name, "\" is no certificate"));
    }
    common.certificates.push_back(*secret->certificate);
  }
  if (secrets.validation.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const CompiledSecret* secret, get(secrets.validation));
  if (secret->validation == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("secret \"", secrets.validation, "\" is no validation context"));
  }
  if (common.validation == nullptr) {
    common.validation = secret->validation;
    return absl::OkStatus();
  }
  // As merging the messages would: what the secret sets wins, lists grow.
  TlsValidation merged = *common.validation;
  const TlsValidation& from = *secret->validation;
  merged.name = from.name;
  if (!from.trusted_ca_pem.empty()) merged.trusted_ca_pem = from.trusted_ca_pem;
  merged.system_roots = (merged.system_roots || from.system_roots) && merged.trusted_ca_pem.empty();
  const auto append = [](auto& to, const auto& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  append(merged.sans, from.sans);
  append(merged.spki_sha256_base64, from.spki_sha256_base64);
  append(merged.certificate_sha256_hex, from.certificate_sha256_hex);
  if (!from.crl_pem.empty()) merged.crl_pem = from.crl_pem;
  merged.allow_expired |= from.allow_expired;
  merged.trust_chain_only_leaf_crl |= from.trust_chain_only_leaf_crl;
  if (!merged.sans.empty() && !HasAuthority(merged)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "secret \"", secrets.validation, "\" has no trusted_ca, and names are to be checked"));
  }
  common.validation = std::make_shared<const TlsValidation>(std::move(merged));
  return absl::OkStatus();
}

}  // namespace sluice::compile
