// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/filters.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "dataplane/compile/cors.h"
#include "dataplane/filters/cors/config.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"

namespace sluice::compile {

using envoy::extensions::filters::http::buffer::v3::Buffer;
using envoy::extensions::filters::http::buffer::v3::BufferPerRoute;
using envoy::extensions::filters::http::cors::v3::Cors;
using RouterFilter = envoy::extensions::filters::http::router::v3::Router;
using CorsPolicyMessage = envoy::extensions::filters::http::cors::v3::CorsPolicy;

namespace {

constexpr std::string_view kChainTypes[] = {"envoy.extensions.filters.http.buffer.v3.Buffer",
                                            "envoy.extensions.filters.http.cors.v3.Cors",
                                            "envoy.extensions.filters.http.router.v3.Router"};
constexpr std::string_view kRouteTypes[] = {
    "envoy.config.route.v3.FilterConfig", "envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
    "envoy.extensions.filters.http.cors.v3.CorsPolicy"};

bool IsOneOf(std::string_view type, std::span<const std::string_view> known) {
  for (std::string_view name : known) {
    if (name == type) return true;
  }
  return false;
}

// What becomes of a filter that we do not have.
absl::Status SkipOrRefuse(const std::string& type, bool may_skip,
                          std::span<const std::string_view> known, CompileContext& context) {
  if (!may_skip) return context.UnknownName("filter type", type, known);
  context.List("", type);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> BodyLimit(const Buffer& buffer, const CompileContext& context) {
  if (buffer.max_request_bytes().value() == 0) {
    return context.ErrorAt("max_request_bytes", "must be above 0");
  }
  return buffer.max_request_bytes().value();
}

absl::Status AddOverride(const std::string& name, const Extension& extension,
                         CompiledOverrides& out, CompileContext& context) {
  SLUICE_RETURN_IF_ERROR(context.Walk(*extension.message));
  if (const auto* cors = As<CorsPolicyMessage>(extension)) {
    SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<const config::FilterConfig> policy,
                            CompileCorsPolicy(*cors, context));
    out.overrides.push_back({.filter_name = name, .config = std::move(policy)});
  } else if (const auto* buffer = As<BufferPerRoute>(extension)) {
    out.max_request_body_bytes = 0;  // Disabled: no limit.
    if (buffer->has_buffer()) {
      const Scope at(context, "buffer");
      SLUICE_ASSIGN_OR_RETURN(out.max_request_body_bytes, BodyLimit(buffer->buffer(), context));
    }
  } else {
    return context.Error(absl::StrCat(extension.type, " is no configuration of a route"));
  }
  return absl::OkStatus();
}

absl::Status CompileOverride(const std::string& name, const google::protobuf::Any& any,
                             CompiledOverrides& out, CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(Extension extension, OpenAny(any, context));
  bool optional = false;
  if (const auto* wrapper = As<envoy::config::route::v3::FilterConfig>(extension)) {
    SLUICE_RETURN_IF_ERROR(context.Walk(*wrapper));
    if (wrapper->disabled() || !wrapper->has_config()) {
      out.overrides.push_back({.filter_name = name, .disabled = wrapper->disabled()});
      return absl::OkStatus();
    }
    optional = wrapper->is_optional();
    const Scope at(context, "config");
    SLUICE_ASSIGN_OR_RETURN(Extension inner, OpenAny(wrapper->config(), context));
    extension = std::move(inner);
  }
  if (!IsOneOf(extension.type, kRouteTypes)) {
    return SkipOrRefuse(extension.type, optional, kRouteTypes, context);
  }
  return AddOverride(name, extension, out, context);
}

}  // namespace

absl::StatusOr<CompiledFilters> CompileHttpFilters(const HttpFilters& filters,
                                                   CompileContext& context) {
  CompiledFilters out;
  const std::string_view router_type = kChainTypes[2];
  std::string last;
  for (int i = 0; i < filters.size(); ++i) {
    const auto& filter = filters.Get(i);
    const Scope at(context, "http_filters", i);
    if (filter.name().empty()) return context.ErrorAt("name", "is empty");
    if (last == router_type) return context.Error("stands behind the router, which must be last");
    const Scope config(context, "typed_config");
    SLUICE_ASSIGN_OR_RETURN(const Extension extension, OpenAny(filter.typed_config(), context));
    last = extension.type;
    if (!IsOneOf(last, kChainTypes)) {
      SLUICE_RETURN_IF_ERROR(
          SkipOrRefuse(last, filter.is_optional() || filter.disabled(), kChainTypes, context));
      continue;
    }
    SLUICE_RETURN_IF_ERROR(context.Walk(*extension.message));
    if (const auto* buffer = As<Buffer>(extension); buffer != nullptr && !filter.disabled()) {
      SLUICE_ASSIGN_OR_RETURN(out.max_request_body_bytes, BodyLimit(*buffer, context));
    } else if (As<Cors>(extension) != nullptr) {
      out.filters.push_back({.name = filter.name(),
                             .type = extension.type,
                             .config = std::make_shared<const filters::CorsEnabled>(),
                             .disabled = filter.disabled()});
    }
  }
  if (last != router_type) {
    return context.ErrorAt("http_filters", absl::StrCat("must end with ", router_type));
  }
  return out;
}

absl::StatusOr<CompiledOverrides> CompileOverrides(const FilterOverrides& overrides,
                                                   CompileContext& context) {
  CompiledOverrides out;
  // A protobuf map has no order; errors and results have.
  std::map<std::string_view, const google::protobuf::Any*> sorted;
  for (const auto& [name, any] : overrides) sorted.emplace(name, &any);
  for (const auto& [name, any] : sorted) {
    const Scope at(context, "typed_per_filter_config", name);
    SLUICE_RETURN_IF_ERROR(CompileOverride(std::string(name), *any, out, context));
  }
  return out;
}

}  // namespace sluice::compile
