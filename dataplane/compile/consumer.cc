// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/consumer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::compile {

using config::ConsumerSpec;
using identity::v1::Consumer;

namespace {

constexpr int kMaxOfAKind = 255;
constexpr size_t kMaxBytes = 32 * 1024;

// What htpasswd writes and we can check: bcrypt, and the unsalted SHA-1 of old files.
bool IsPasswordHash(std::string_view hash) {
  constexpr size_t kBcryptSize = 60;
  constexpr size_t kShaSize = 5 + 28;  // "{SHA}" and 20 bytes in base64.
  if (absl::StartsWith(hash, "{SHA}")) return hash.size() == kShaSize;
  const bool bcrypt = absl::StartsWith(hash, "$2a$") || absl::StartsWith(hash, "$2b$") ||
                      absl::StartsWith(hash, "$2y$");
  return bcrypt && hash.size() == kBcryptSize && hash.find('\0') == hash.npos;
}

absl::Status CheckCounts(const Consumer& consumer, const CompileContext& context) {
  const std::pair<std::string_view, int> counts[] = {
      {"groups", consumer.groups_size()},
      {"api_keys", consumer.api_keys_size()},
      {"passwords", consumer.passwords_size()},
      {"tokens", consumer.tokens_size()},
      {"certificate_names", consumer.certificate_names_size()}};
  for (const auto& [field, count] : counts) {
    if (count > kMaxOfAKind) {
      return context.ErrorAt(field, absl::StrCat(count, " of them: at most ", kMaxOfAKind));
    }
  }
  if (consumer.ByteSizeLong() > kMaxBytes) {
    return context.Error(absl::StrCat("has more than ", kMaxBytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status AddCredentials(const Consumer& consumer, ConsumerSpec& out,
                            const CompileContext& context) {
  for (int i = 0; i < consumer.api_keys_size(); ++i) {
    const auto& key = consumer.api_keys(i);
    ConsumerSpec::ApiKey& to = out.api_keys.emplace_back();
    if (key.sha256().size() != to.hash.size()) {
      return context.ErrorAt(
          absl::StrCat("api_keys[", i, "].sha256"),
          absl::StrCat("has ", key.sha256().size(), " bytes: wants ", to.hash.size()));
    }
    std::copy(key.sha256().begin(), key.sha256().end(), to.hash.begin());
    if (key.expires_at() < 0) {
      return context.ErrorAt(absl::StrCat("api_keys[", i, "].expires_at"), "is negative");
    }
    to.expires_at_s = key.expires_at();
  }
  for (int i = 0; i < consumer.passwords_size(); ++i) {
    const auto& password = consumer.passwords(i);
    if (password.username().empty() || password.username().find(':') != std::string::npos) {
      return context.ErrorAt(absl::StrCat("passwords[", i, "].username"),
                             "is empty or has a colon");
    }
    if (!IsPasswordHash(password.hash())) {
      return context.ErrorAt(absl::StrCat("passwords[", i, "].hash"),
                             "is no bcrypt hash and no {SHA} hash");
    }
    out.passwords.push_back({password.username(), password.hash()});
  }
  for (int i = 0; i < consumer.tokens_size(); ++i) {
    const auto& token = consumer.tokens(i);
    if (token.subject().empty()) {
      return context.ErrorAt(absl::StrCat("tokens[", i, "].subject"), "is empty");
    }
    out.tokens.push_back({token.issuer(), token.subject()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const config::Consumer>> CompileConsumer(const Consumer& consumer,
                                                                        CompileContext& context) {
  context.Begin("consumer", consumer.name());
  SLUICE_RETURN_IF_ERROR(context.Walk(consumer));
  const size_t slash = consumer.name().find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == consumer.name().size()) {
    return context.ErrorAt("name", absl::StrCat("\"", consumer.name(), "\" is no NAMESPACE/NAME"));
  }
  SLUICE_RETURN_IF_ERROR(CheckCounts(consumer, context));
  ConsumerSpec spec{.name = consumer.name()};
  spec.groups.assign(consumer.groups().begin(), consumer.groups().end());
  spec.certificate_names.assign(consumer.certificate_names().begin(),
                                consumer.certificate_names().end());
  for (const auto* names : {&spec.groups, &spec.certificate_names}) {
    if (std::find(names->begin(), names->end(), "") != names->end()) {
      return context.ErrorAt(names == &spec.groups ? "groups" : "certificate_names",
                             "one is empty");
    }
  }
  SLUICE_RETURN_IF_ERROR(AddCredentials(consumer, spec, context));
  return config::Consumer::Make(spec);
}

}  // namespace sluice::compile
