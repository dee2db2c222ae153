// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/formats.h"
#include "api/manifest/validate/checks.h"
#include "sluice/field_rules.pb.h"

namespace sluice::manifest {
namespace {

void CheckApiKeys(const v1alpha1::ConsumerSpec& spec, Findings& findings) {
  std::set<std::string> hashes;
  for (int i = 0; i < spec.api_keys_size(); ++i) {
    const v1alpha1::ConsumerApiKey& key = spec.api_keys(i);
    const std::string path = absl::StrCat("spec.apiKeys[", i, "]");
    if (key.sha256().empty() != key.has_secret_ref()) {
      findings.Add(path, key.has_secret_ref() ? "must not hold both sha256 and secretRef."
                                              : "must hold sha256 or secretRef.");
    }
    if (!key.sha256().empty() && !hashes.insert(key.sha256()).second) {
      findings.Add(path + ".sha256", "is that of another key of this consumer.");
    }
  }
}

void CheckTokens(const v1alpha1::ConsumerSpec& spec, Findings& findings) {
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < spec.tokens_size(); ++i) {
    const v1alpha1::ConsumerToken& token = spec.tokens(i);
    if (seen.emplace(token.issuer(), token.subject()).second) continue;
    findings.Add(absl::StrCat("spec.tokens[", i, "]"),
                 absl::StrCat("subject \"", token.subject(), "\" of issuer \"", token.issuer(),
                              "\" is given twice."));
  }
}

void CheckCertificates(const v1alpha1::ConsumerSpec& spec, Findings& findings) {
  std::set<std::string> seen;
  for (int i = 0; i < spec.certificates_size(); ++i) {
    const std::string& name = spec.certificates(i).san();
    const std::string path = absl::StrCat("spec.certificates[", i, "].san");
    if (!seen.insert(name).second) {
      findings.Add(path, absl::StrCat("\"", name, "\" is given twice."));
    } else if (!absl::StrContains(name, "://")) {
      const std::string reason = CheckFormat(api::FORMAT_PRECISE_HOSTNAME, name);
      if (!reason.empty()) {
        findings.Add(path, absl::StrCat("\"", name,
                                        "\" must be a DNS name in lower case, or an absolute URI "
                                        "such as \"spiffe://example.org/ns/shop/sa/cart\"."));
      }
    }
  }
}

}  // namespace

void CheckKind(const v1alpha1::Consumer& consumer, Findings& findings) {
  CheckApiKeys(consumer.spec(), findings);
  CheckTokens(consumer.spec(), findings);
  CheckCertificates(consumer.spec(), findings);
}

}  // namespace sluice::manifest
