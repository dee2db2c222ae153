// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/cors.h"

#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/compile/matchers.h"
#include "dataplane/filters/cors/config.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

absl::StatusOr<std::shared_ptr<const config::FilterConfig>> CompileCorsPolicy(
    const envoy::extensions::filters::http::cors::v3::CorsPolicy& policy, CompileContext& context) {
  if (policy.has_filter_enabled()) {
    const uint32_t enabled = PerMillion(policy.filter_enabled().default_value());
    if (enabled == 0) return nullptr;
    if (enabled < 1'000'000) {
      return context.ErrorAt("filter_enabled",
                             "a share of requests makes no sense: wants 0 or 100%");
    }
  }
  filters::CorsSettings settings;
  for (int i = 0; i < policy.allow_origin_string_match_size(); ++i) {
    const Scope at(context, "allow_origin_string_match", i);
    SLUICE_ASSIGN_OR_RETURN(config::StringMatch origin,
                            CompileStringMatch(policy.allow_origin_string_match(i), context));
    settings.allow_origins.push_back(std::move(origin));
  }
  const std::pair<std::string_view, const std::string*> texts[] = {
      {"allow_methods", &policy.allow_methods()},
      {"allow_headers", &policy.allow_headers()},
      {"expose_headers", &policy.expose_headers()}};
  for (const auto& [field, text] : texts) {
    if (!http::IsFieldValue(*text)) return context.ErrorAt(field, "is no header value");
  }
  settings.allow_methods = policy.allow_methods();
  settings.allow_headers = policy.allow_headers();
  settings.expose_headers = policy.expose_headers();
  settings.max_age = policy.max_age();
  int64_t seconds = 0;
  if (!settings.max_age.empty() && !absl::SimpleAtoi(settings.max_age, &seconds)) {
    return context.ErrorAt("max_age", absl::StrCat("\"", settings.max_age, "\" is no number"));
  }
  settings.allow_credentials = policy.allow_credentials().value();
  settings.allow_private_network = policy.allow_private_network_access().value();
  settings.forward_other_preflights = !policy.has_forward_not_matching_preflights() ||
                                      policy.forward_not_matching_preflights().value();
  absl::StatusOr<std::shared_ptr<const filters::CorsPolicy>> compiled =
      filters::CorsPolicy::Make(std::move(settings));
  if (!compiled.ok()) {
    return context.ErrorAt("allow_origin_string_match", compiled.status().message());
  }
  return *std::move(compiled);
}

}  // namespace sluice::compile
