// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/filters.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/any.h"
#include "dataplane/compile/cors.h"
#include "dataplane/compile/filter_configs.h"
#include "dataplane/compile/identify.h"
#include "dataplane/compile/limit.h"
#include "dataplane/compile/rbac.h"
#include "dataplane/filters/cors/config.h"
#include "dataplane/filters/identify/config.h"
#include "dataplane/filters/limit/config.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "envoy/extensions/filters/http/cors/v3/cors.pb.h"
#include "envoy/extensions/filters/http/rbac/v3/rbac.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "sluice/identity/v1/identify.pb.h"
#include "sluice/limits/v1/limits.pb.h"

namespace sluice::compile {

using envoy::extensions::filters::http::buffer::v3::Buffer;
using envoy::extensions::filters::http::buffer::v3::BufferPerRoute;
using CorsPolicyMessage = envoy::extensions::filters::http::cors::v3::CorsPolicy;
using RbacMessage = envoy::extensions::filters::http::rbac::v3::RBAC;
using RbacPerRouteMessage = envoy::extensions::filters::http::rbac::v3::RBACPerRoute;
using IdentifyMessage = identity::v1::IdentifyPerRoute;
using LimitMessage = limits::v1::LimitPerRoute;

namespace {

using Config = std::shared_ptr<const config::FilterConfig>;
using google::protobuf::Message;

// A message that configures a filter, and what makes a configuration of it. Without the latter it
// is no filter's, or one that the connection manager does itself.
struct Kind {
  std::string_view type;
  absl::StatusOr<Config> (*compile)(const Message& message, CompileContext& context) = nullptr;
};

template <typename T, absl::StatusOr<Config> (*kCompile)(const T&, CompileContext&)>
absl::StatusOr<Config> Compile(const Message& message, CompileContext& context) {
  return kCompile(static_cast<const T&>(message), context);
}

// A filter that the chain only says is there.
template <typename Enabled>
absl::StatusOr<Config> CompileEnabled(const Message&, CompileContext&) {
  return std::make_shared<const Enabled>();
}

constexpr std::string_view kRouterType = "envoy.extensions.filters.http.router.v3.Router";
constexpr std::string_view kBufferType = "envoy.extensions.filters.http.buffer.v3.Buffer";

constexpr Kind kChainKinds[] = {
    {kBufferType},
    {"envoy.extensions.filters.http.cors.v3.Cors", &CompileEnabled<filters::CorsEnabled>},
    {"envoy.extensions.filters.http.rbac.v3.RBAC", &Compile<RbacMessage, &CompileRbac>},
    {"sluice.identity.v1.Identify", &CompileEnabled<filters::IdentifyEnabled>},
    {"sluice.limits.v1.Limit", &CompileEnabled<filters::LimitEnabled>},
    {kRouterType},
};
constexpr Kind kRouteKinds[] = {
    {"envoy.config.route.v3.FilterConfig"},
    {"envoy.extensions.filters.http.buffer.v3.BufferPerRoute"},
    {"envoy.extensions.filters.http.cors.v3.CorsPolicy",
     &Compile<CorsPolicyMessage, &CompileCorsPolicy>},
    {"envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
     &Compile<RbacPerRouteMessage, &CompileRbacPerRoute>},
    {"sluice.identity.v1.IdentifyPerRoute", &Compile<IdentifyMessage, &CompileIdentify>},
    {"sluice.limits.v1.LimitPerRoute", &Compile<LimitMessage, &CompileLimits>},
};

const Kind* FindKind(std::string_view type, std::span<const Kind> kinds) {
  const auto it = std::find_if(kinds.begin(), kinds.end(),
                               [type](const Kind& kind) { return kind.type == type; });
  return it == kinds.end() ? nullptr : &*it;
}

// What becomes of a filter that we do not have.
absl::Status SkipOrRefuse(const std::string& type, bool may_skip, std::span<const Kind> kinds,
                          CompileContext& context) {
  if (!may_skip) {
    std::vector<std::string_view> known;
    for (const Kind& kind : kinds) known.push_back(kind.type);
    return context.UnknownName("filter type", type, known);
  }
  context.List("", type);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> BodyLimit(const Buffer& buffer, const CompileContext& context) {
  if (buffer.max_request_bytes().value() == 0) {
    return context.ErrorAt("max_request_bytes", "must be above 0");
  }
  return buffer.max_request_bytes().value();
}

// One that equals another is the other. What a file says is not in the bytes.
absl::StatusOr<Config> CompileShared(const Kind& kind, const Extension& extension,
                                     CompileContext& context) {
  FilterConfigs* const configs = context.options().filter_configs.get();
  const std::string bytes = configs == nullptr ? "" : extension.message->SerializeAsString();
  if (configs != nullptr) {
    if (Config known = configs->Find(kind.type, bytes); known != nullptr) return known;
  }
  SLUICE_ASSIGN_OR_RETURN(Config compiled, kind.compile(*extension.message, context));
  if (configs != nullptr && compiled != nullptr && !context.reads_files()) {
    configs->Put(kind.type, bytes, compiled);
  }
  return compiled;
}

absl::Status AddBodyLimit(const BufferPerRoute& buffer, CompiledOverrides& out,
                          CompileContext& context) {
  out.max_request_body_bytes = 0;  // Disabled: no limit.
  if (!buffer.has_buffer()) return absl::OkStatus();
  const Scope at(context, "buffer");
  SLUICE_ASSIGN_OR_RETURN(out.max_request_body_bytes, BodyLimit(buffer.buffer(), context));
  return absl::OkStatus();
}

absl::Status AddOverride(const std::string& name, const Kind& kind, const Extension& extension,
                         CompiledOverrides& out, CompileContext& context) {
  SLUICE_RETURN_IF_ERROR(context.Walk(*extension.message));
  if (const auto* buffer = As<BufferPerRoute>(extension)) {
    return AddBodyLimit(*buffer, out, context);
  }
  if (kind.compile == nullptr) {
    return context.Error(absl::StrCat(extension.type, " is no configuration of a route"));
  }
  SLUICE_ASSIGN_OR_RETURN(Config config, CompileShared(kind, extension, context));
  if (const auto* identify = dynamic_cast<const filters::IdentifyPolicy*>(config.get());
      identify != nullptr && identify->looks_up_consumers()) {
    context.NeedsConsumers();
  }
  out.overrides.push_back({.filter_name = name, .config = std::move(config)});
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
  const Kind* kind = FindKind(extension.type, kRouteKinds);
  if (kind == nullptr) return SkipOrRefuse(extension.type, optional, kRouteKinds, context);
  return AddOverride(name, *kind, extension, out, context);
}

}  // namespace

absl::StatusOr<CompiledFilters> CompileHttpFilters(const HttpFilters& filters,
                                                   CompileContext& context) {
  CompiledFilters out;
  std::string last;
  for (int i = 0; i < filters.size(); ++i) {
    const auto& filter = filters.Get(i);
    const Scope at(context, "http_filters", i);
    if (filter.name().empty()) return context.ErrorAt("name", "is empty");
    if (last == kRouterType) return context.Error("stands behind the router, which must be last");
    const Scope config(context, "typed_config");
    SLUICE_ASSIGN_OR_RETURN(const Extension extension, OpenAny(filter.typed_config(), context));
    last = extension.type;
    const Kind* kind = FindKind(last, kChainKinds);
    if (kind == nullptr) {
      SLUICE_RETURN_IF_ERROR(
          SkipOrRefuse(last, filter.is_optional() || filter.disabled(), kChainKinds, context));
      continue;
    }
    SLUICE_RETURN_IF_ERROR(context.Walk(*extension.message));
    if (const auto* buffer = As<Buffer>(extension); buffer != nullptr && !filter.disabled()) {
      SLUICE_ASSIGN_OR_RETURN(out.max_request_body_bytes, BodyLimit(*buffer, context));
    } else if (kind->compile != nullptr) {
      SLUICE_ASSIGN_OR_RETURN(Config compiled, kind->compile(*extension.message, context));
      out.filters.push_back({.name = filter.name(),
                             .type = extension.type,
                             .config = std::move(compiled),
                             .disabled = filter.disabled()});
    }
  }
  if (last != kRouterType) {
    return context.ErrorAt("http_filters", absl::StrCat("must end with ", kRouterType));
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
