// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/identify.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/token_method.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

using filters::CredentialSource;
using filters::IdentifyMethod;
using identity::v1::IdentifyPerRoute;
using identity::v1::Method;

namespace {

// As many ways of proving who one is are tried for one request.
constexpr int kMaxMethods = 16;
constexpr int kMaxSources = 16;

// A quoted-string (RFC 9110 §5.6.4).
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

absl::StatusOr<CredentialSource> CompileSource(const identity::v1::Source& source,
                                               const CompileContext& context) {
  const auto& place = source.place();
  const int places = !place.header().empty() + !place.query().empty() + !place.cookie().empty();
  if (places != 1) return context.ErrorAt("place", "wants one of header, query and cookie");
  CredentialSource out{.prefix = source.prefix()};
  if (!place.query().empty()) {
    out.kind = CredentialSource::Kind::kQuery;
    out.name = place.query();
  } else if (!place.cookie().empty()) {
    out.kind = CredentialSource::Kind::kCookie;
    out.name = place.cookie();
  } else {
    out.name = absl::AsciiStrToLower(place.header());
    if (!http::IsFieldName(out.name)) {
      return context.ErrorAt("place.header",
                             absl::StrCat("\"", place.header(), "\" is no header name"));
    }
  }
  if (out.kind != CredentialSource::Kind::kHeader && !out.prefix.empty()) {
    return context.ErrorAt("prefix", "stands before a credential in a header only");
  }
  return out;
}

absl::StatusOr<filters::ApiKeyMethod> CompileKey(const identity::v1::ApiKeyMethod& method,
                                                 CompileContext& context) {
  filters::ApiKeyMethod out{.forward = method.forward()};
  if (method.sources().empty() || method.sources_size() > kMaxSources) {
    return context.ErrorAt(
        "sources", absl::StrCat(method.sources_size(), " of them: wants 1 to ", kMaxSources));
  }
  for (int i = 0; i < method.sources_size(); ++i) {
    const Scope at(context, "sources", i);
    SLUICE_ASSIGN_OR_RETURN(CredentialSource source, CompileSource(method.sources(i), context));
    out.from.push_back(std::move(source));
  }
  return out;
}

absl::StatusOr<IdentifyMethod> CompileMethod(const Method& method, const std::string& policy,
                                             CompileContext& context) {
  IdentifyMethod out{.name = method.name()};
  if (out.name.empty()) return context.ErrorAt("name", "is empty");
  std::string_view scheme;
  std::string realm = policy;
  switch (method.how_case()) {
    case Method::kApiKey: {
      const Scope at(context, "api_key");
      SLUICE_ASSIGN_OR_RETURN(out.how, CompileKey(method.api_key(), context));
      scheme = "ApiKey";
      break;
    }
    case Method::kJwt: {
      const Scope at(context, "jwt");
      SLUICE_ASSIGN_OR_RETURN(out.how, CompileTokenMethod(method.jwt(), context));
      scheme = "Bearer";
      break;
    }
    case Method::kBasic:
      out.how = filters::BasicMethod{.forward = method.basic().forward()};
      if (!method.basic().realm().empty()) realm = method.basic().realm();
      scheme = "Basic";
      break;
    case Method::kCertificate:
      out.how = filters::CertificateMethod{};
      scheme = "ClientCertificate";
      break;
    case Method::HOW_NOT_SET:
      return context.Error("wants one of api_key, jwt, basic and certificate");
  }
  out.challenge = absl::StrCat(scheme, " realm=", Quoted(realm));
  if (!http::IsFieldValue(out.challenge)) {
    return context.Error(absl::StrCat("the realm \"", realm, "\" is no header value"));
  }
  return out;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileIdentify(
    const IdentifyPerRoute& identify, CompileContext& context) {
  filters::IdentifySettings settings{.policy = identify.policy(),
                                     .require_all = identify.require() == IdentifyPerRoute::ALL,
                                     .allow_missing = identify.allow_missing(),
                                     .consumer_namespace = identify.consumer_namespace(),
                                     .require_consumer = identify.require_consumer(),
                                     .shadow = identify.shadow(),
                                     .unusable = identify.unusable()};
  if (identify.require() != IdentifyPerRoute::ANY && identify.require() != IdentifyPerRoute::ALL) {
    return context.ErrorAt("require", "wants ANY or ALL");
  }
  if (identify.methods_size() > kMaxMethods) {
    return context.ErrorAt(
        "methods", absl::StrCat(identify.methods_size(), " of them: at most ", kMaxMethods));
  }
  std::set<std::string_view> names;
  for (int i = 0; i < identify.methods_size(); ++i) {
    const Scope at(context, "methods", i);
    const Method& method = identify.methods(i);
    if (!names.insert(method.name()).second) {
      return context.ErrorAt("name", absl::StrCat("there are two of \"", method.name(), "\""));
    }
    SLUICE_ASSIGN_OR_RETURN(IdentifyMethod compiled,
                            CompileMethod(method, identify.policy(), context));
    settings.methods.push_back(std::move(compiled));
  }
  return std::make_shared<const filters::IdentifyPolicy>(std::move(settings));
}

}  // namespace sluice::compile
