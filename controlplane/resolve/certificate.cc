// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/certificate.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "k8s/config_map.pb.h"
#include "k8s/secret.pb.h"

namespace sluice::resolve {
namespace {

// A manifest's stringData is what the API server would have merged into data.
std::string DataOf(const k8s::Secret& secret, const std::string& key) {
  const auto text = secret.string_data().find(key);
  if (text != secret.string_data().end()) return text->second;
  const auto bytes = secret.data().find(key);
  return bytes == secret.data().end() ? std::string() : bytes->second;
}

// Whether `text` holds a PEM block whose label ends in `label`, with base64 inside. What the block
// says is for a KeyPairCheck to judge.
bool HasPem(std::string_view text, std::string_view label) {
  const std::string ending = absl::StrCat(label, "-----");
  size_t at = text.find("-----BEGIN ");
  if (at == std::string_view::npos) return false;
  const size_t label_end = text.find(ending, at);
  if (label_end == std::string_view::npos || label_end > text.find('\n', at)) return false;
  const size_t body = label_end + ending.size();
  const size_t end = text.find("-----END ", body);
  if (end == std::string_view::npos) return false;
  std::string base64(text.substr(body, end - body));
  // Old private keys carry headers ("Proc-Type") that are no base64.
  if (absl::StrContains(base64, ':')) return true;
  base64 = absl::StrReplaceAll(base64, {{"\n", ""}, {"\r", ""}, {" ", ""}});
  std::string ignored;
  return !base64.empty() && absl::Base64Unescape(base64, &ignored);
}

CertificateAnswer Invalid(std::string message) {
  return {.refusal = Refusal{"InvalidCertificateRef", std::move(message)}};
}

}  // namespace

CertificateAnswer ResolveCertificate(Facts& facts, const Reference& from,
                                     const gateway::v1::SecretObjectReference& ref,
                                     const KeyPairCheck& check) {
  if (!ref.group().empty() || (ref.has_kind() && ref.kind() != "Secret")) {
    return Invalid(absl::StrCat("certificates come from Secrets of the core group, not from ",
                                ref.kind(), " of \"", ref.group(), "\""));
  }
  const Reference to{"", "Secret", ref.has_namespace_() ? ref.namespace_() : from.ns, ref.name()};
  if (!facts.MayRefer(from, to)) {
    return {.refusal = Refusal{"RefNotPermitted", absl::StrCat("namespace ", to.ns,
                                                               " has no ReferenceGrant from "
                                                               "Gateway in ",
                                                               from.ns, " to ", to.ToString())}};
  }
  const auto* secret = facts.Find<k8s::Secret>(to.ns, to.name);
  if (secret == nullptr) return Invalid(absl::StrCat(to.ToString(), " does not exist"));
  ir::Certificate certificate{.name = absl::StrCat("Secret/", to.ns, "/", to.name),
                              .chain_pem = DataOf(*secret, "tls.crt"),
                              .key_pem = DataOf(*secret, "tls.key"),
                              .source = {{"Secret", to.ns, to.name}, "data"}};
  if (!HasPem(certificate.chain_pem, "CERTIFICATE")) {
    return Invalid(absl::StrCat(to.ToString(), " holds no PEM certificate in tls.crt"));
  }
  if (!HasPem(certificate.key_pem, "PRIVATE KEY")) {
    return Invalid(absl::StrCat(to.ToString(), " holds no PEM private key in tls.key"));
  }
  CertificateAnswer answer;
  if (const std::string why = check(certificate.chain_pem, certificate.key_pem); !why.empty()) {
    answer = Invalid(absl::StrCat(to.ToString(), ": ", why));
  }
  answer.certificate = std::make_shared<const ir::Certificate>(std::move(certificate));
  return answer;
}

std::variant<std::string, Refusal> ResolveAuthorities(
    Facts& facts, const std::string& ns, const gateway::v1::LocalObjectReference& ref) {
  if (!ref.group().empty() || ref.kind() != "ConfigMap") {
    return Refusal{"InvalidKind",
                   absl::StrCat("authorities come from ConfigMaps of the core group, not from ",
                                ref.kind(), " of \"", ref.group(), "\"")};
  }
  const std::string what = absl::StrCat("ConfigMap ", ns, "/", ref.name());
  const auto* map = facts.Find<k8s::ConfigMap>(ns, ref.name());
  if (map == nullptr) {
    return Refusal{"InvalidCACertificateRef", absl::StrCat(what, " does not exist")};
  }
  const auto it = map->data().find("ca.crt");
  if (it == map->data().end() || !HasPem(it->second, "CERTIFICATE")) {
    return Refusal{"InvalidCACertificateRef",
                   absl::StrCat(what, " holds no PEM certificate in ca.crt")};
  }
  return it->second;
}

}  // namespace sluice::resolve
