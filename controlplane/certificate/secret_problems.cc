// SPDX-License-Identifier: Apache-2.0
#include "controlplane/certificate/secret_problems.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "k8s/secret.pb.h"

namespace sluice::certificate {
namespace {

constexpr std::string_view kChainKey = "tls.crt";
constexpr std::string_view kKeyKey = "tls.key";

std::string DataOf(const k8s::Secret& secret, std::string_view key) {
  const auto it = secret.data().find(std::string(key));
  return it == secret.data().end() ? std::string() : it->second;
}

std::string TextOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace

std::vector<manifest::Problem> SecretProblems(const manifest::Object& object, absl::Time now,
                                              Inspector& inspector) {
  const auto* secret = dynamic_cast<const k8s::Secret*>(object.body.get());
  if (secret == nullptr || secret->type() != "kubernetes.io/tls") return {};
  const KeyPair pair = inspector.Inspect(DataOf(*secret, kChainKey), DataOf(*secret, kKeyKey));
  std::string_view key = pair.part == KeyPair::Part::kKey ? kKeyKey : kChainKey;
  std::string reason;
  if (!pair.problem.empty()) {
    reason = absl::StrCat(pair.problem, "; proxies will refuse it.");
  } else if (now > pair.not_after) {
    reason = absl::StrCat("the certificate expired on ", TextOf(pair.not_after), ".");
  } else if (now < pair.not_before) {
    reason = absl::StrCat("the certificate is not valid before ", TextOf(pair.not_before), ".");
  } else {
    return {};
  }
  manifest::Problem problem;
  problem.origin = object.origin;
  problem.resource = object.key.ToString();
  problem.field_path = absl::StrCat("data[", key, "]");
  // Written as stringData, it has its line there.
  int line = object.fields == nullptr ? 0 : object.fields->LineOf(problem.field_path);
  if (object.fields != nullptr && line == object.fields->LineOf("data")) {
    line = object.fields->LineOf(absl::StrCat("stringData[", key, "]"));
  }
  if (line > 0) problem.origin.line = line;
  problem.reason = std::move(reason);
  return {std::move(problem)};
}

}  // namespace sluice::certificate
