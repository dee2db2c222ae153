// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/forward.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/compile/filters.h"
#include "dataplane/compile/header_edits.h"
#include "dataplane/compile/retry.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

using config::Forward;
using envoy::config::route::v3::RouteAction;

namespace {

absl::Status CheckHost(const std::string& host, std::string_view field,
                       const CompileContext& context) {
  if (host.empty() || http::IsAuthority(host)) return absl::OkStatus();
  return context.ErrorAt(field, absl::StrCat("\"", host, "\" is no host"));
}

absl::Status CompileWeightedClusters(const RouteAction& action, Forward& out,
                                     CompileContext& context) {
  const Scope at(context, "weighted_clusters");
  const auto& clusters = action.weighted_clusters().clusters();
  if (clusters.empty()) return context.ErrorAt("clusters", "wants one or more");
  for (int i = 0; i < clusters.size(); ++i) {
    const auto& cluster = clusters.Get(i);
    const Scope element(context, "clusters", i);
    config::WeightedCluster weighted;
    weighted.cluster = cluster.name();
    if (weighted.cluster.empty()) return context.ErrorAt("name", "is empty");
    weighted.weight = cluster.weight().value();
    weighted.host_rewrite = cluster.host_rewrite_literal();
    SLUICE_RETURN_IF_ERROR(CheckHost(weighted.host_rewrite, "host_rewrite_literal", context));
    SLUICE_RETURN_IF_ERROR(CompileBothHeaderEdits(cluster, weighted, context));
    SLUICE_ASSIGN_OR_RETURN(CompiledOverrides overrides,
                            CompileOverrides(cluster.typed_per_filter_config(), context));
    if (overrides.max_request_body_bytes.has_value()) {
      return context.ErrorAt(
          "typed_per_filter_config",
          "a body limit is a route's: the cluster is chosen after it is checked");
    }
    weighted.overrides = std::move(overrides.overrides);
    out.clusters.push_back(std::move(weighted));
  }
  return absl::OkStatus();
}

absl::Status CompileClusters(const RouteAction& action, Forward& out, CompileContext& context) {
  switch (action.cluster_specifier_case()) {
    case RouteAction::kCluster:
      if (action.cluster().empty()) return context.ErrorAt("cluster", "is empty");
      out.clusters.push_back({.cluster = action.cluster(), .weight = 1});
      return absl::OkStatus();
    case RouteAction::kClusterHeader:
      out.cluster_header = absl::AsciiStrToLower(action.cluster_header());
      if (!http::IsFieldName(out.cluster_header)) {
        return context.ErrorAt("cluster_header",
                               absl::StrCat("\"", action.cluster_header(), "\" is no header name"));
      }
      return absl::OkStatus();
    case RouteAction::kWeightedClusters:
      return CompileWeightedClusters(action, out, context);
    default:
      return context.Error("wants one of cluster, cluster_header and weighted_clusters");
  }
}

absl::Status CompileRewrites(const RouteAction& action, Forward& out,
                             const CompileContext& context) {
  if (!action.prefix_rewrite().empty()) out.prefix_rewrite = action.prefix_rewrite();
  if (action.has_regex_rewrite()) {
    if (out.prefix_rewrite.has_value()) {
      return context.ErrorAt("regex_rewrite", "is set beside prefix_rewrite: wants one of them");
    }
    out.regex_rewrite = {action.regex_rewrite().pattern().regex(),
                         action.regex_rewrite().substitution()};
  }
  out.host_rewrite = action.host_rewrite_literal();
  SLUICE_RETURN_IF_ERROR(CheckHost(out.host_rewrite, "host_rewrite_literal", context));
  out.auto_host_rewrite = action.auto_host_rewrite().value();
  out.host_rewrite_header = absl::AsciiStrToLower(action.host_rewrite_header());
  if (!out.host_rewrite_header.empty() && !http::IsFieldName(out.host_rewrite_header)) {
    return context.ErrorAt("host_rewrite_header", absl::StrCat("\"", action.host_rewrite_header(),
                                                               "\" is no header name"));
  }
  out.append_x_forwarded_host = action.append_x_forwarded_host();
  return absl::OkStatus();
}

absl::Status CompileTimes(const RouteAction& action, Forward& out, CompileContext& context) {
  out.timeout_ms = 15'000;
  if (action.has_timeout()) {
    SLUICE_ASSIGN_OR_RETURN(out.timeout_ms, Milliseconds(action.timeout(), "timeout", context));
  }
  if (action.has_idle_timeout()) {
    SLUICE_ASSIGN_OR_RETURN(out.idle_timeout_ms,
                            Milliseconds(action.idle_timeout(), "idle_timeout", context));
  }
  if (!action.has_max_stream_duration()) return absl::OkStatus();
  const Scope at(context, "max_stream_duration");
  const auto& limits = action.max_stream_duration();
  if (limits.has_max_stream_duration()) {
    SLUICE_ASSIGN_OR_RETURN(
        out.max_stream_duration_ms,
        Milliseconds(limits.max_stream_duration(), "max_stream_duration", context));
  }
  if (limits.has_grpc_timeout_header_max()) {
    SLUICE_ASSIGN_OR_RETURN(
        out.grpc_timeout_header_max_ms,
        Milliseconds(limits.grpc_timeout_header_max(), "grpc_timeout_header_max", context));
  }
  return absl::OkStatus();
}

absl::Status CompileMirrors(const RouteAction& action, Forward& out,
                            const CompileContext& context) {
  for (int i = 0; i < action.request_mirror_policies_size(); ++i) {
    const auto& mirror = action.request_mirror_policies(i);
    if (mirror.cluster().empty()) {
      return context.ErrorAt(absl::StrCat("request_mirror_policies[", i, "].cluster"), "is empty");
    }
    out.mirrors.push_back(
        {.cluster = mirror.cluster(),
         .fraction_per_million = mirror.has_runtime_fraction()
                                     ? PerMillion(mirror.runtime_fraction().default_value())
                                     : 1'000'000,
         .keep_host = mirror.disable_shadow_host_suffix_append()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Forward> CompileForward(const RouteAction& action, CompileContext& context) {
  Forward out;
  SLUICE_RETURN_IF_ERROR(CompileClusters(action, out, context));
  switch (action.cluster_not_found_response_code()) {
    case RouteAction::NOT_FOUND:
      out.cluster_not_found_status = 404;
      break;
    case RouteAction::INTERNAL_SERVER_ERROR:
      out.cluster_not_found_status = 500;
      break;
    default:
      out.cluster_not_found_status = 503;
  }
  SLUICE_RETURN_IF_ERROR(CompileRewrites(action, out, context));
  SLUICE_RETURN_IF_ERROR(CompileTimes(action, out, context));
  out.retry = {};
  if (action.has_retry_policy()) {
    const Scope at(context, "retry_policy");
    SLUICE_ASSIGN_OR_RETURN(out.retry, CompileRetryPolicy(action.retry_policy(), context));
  }
  SLUICE_RETURN_IF_ERROR(CompileMirrors(action, out, context));
  for (int i = 0; i < action.upgrade_configs_size(); ++i) {
    const auto& upgrade = action.upgrade_configs(i);
    if (!http::IsToken(upgrade.upgrade_type())) {
      return context.ErrorAt(absl::StrCat("upgrade_configs[", i, "].upgrade_type"),
                             absl::StrCat("\"", upgrade.upgrade_type(), "\" is no protocol name"));
    }
    out.upgrades.push_back({.protocol = absl::AsciiStrToLower(upgrade.upgrade_type()),
                            .enabled = !upgrade.has_enabled() || upgrade.enabled().value()});
  }
  return out;
}

}  // namespace sluice::compile
