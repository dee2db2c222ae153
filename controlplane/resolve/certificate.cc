// SPDX-License-Identifier: Apache-2.0
#include "controlplane/resolve/certificate.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controlplane/resolve/data_entry.h"
#include "k8s/config_map.pb.h"
#include "k8s/secret.pb.h"

namespace sluice::resolve {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

// Whether `block`, all between a BEGIN and the END behind it, has a label that ends in `label`, and
// base64 inside.
bool IsPemOf(std::string_view block, std::string_view label) {
  const size_t label_end = block.substr(0, block.find('\n')).find(kDashes);
  if (label_end == std::string_view::npos) return false;
  if (!absl::EndsWith(block.substr(0, label_end), label)) return false;
  std::string base64(block.substr(label_end + kDashes.size()));
  // Old private keys carry headers ("Proc-Type") that are no base64.
  if (absl::StrContains(base64, ':')) return true;
  base64 = absl::StrReplaceAll(base64, {{"\n", ""}, {"\r", ""}, {" ", ""}});
  std::string ignored;
  return !base64.empty() && absl::Base64Unescape(base64, &ignored);
}

// Whether `text` holds a PEM block whose label ends in `label`, also behind others: a key often
// follows its curve's parameters. What the block says is for a KeyPairCheck to judge. Reads the
// text once, whatever it holds.
bool HasPem(std::string_view text, std::string_view label) {
  for (size_t begin = text.find(kBegin); begin != std::string_view::npos;) {
    const size_t inside = begin + kBegin.size();
    const size_t end = text.find(kEnd, inside);
    if (end == std::string_view::npos) return false;
    if (IsPemOf(text.substr(inside, end - inside), label)) return true;
    begin = text.find(kBegin, end);
  }
  return false;
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
                              .chain_pem = FindEntry(*secret, "tls.crt").value_or(""),
                              .key_pem = FindEntry(*secret, "tls.key").value_or(""),
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
