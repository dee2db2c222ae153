// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/config_source.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice::compile {

using envoy::config::core::v3::ApiConfigSource;
using envoy::config::core::v3::ConfigSource;

namespace {

absl::StatusOr<ResourceSource> ReadServer(const ApiConfigSource& server, std::string_view field,
                                          const CompileContext& context) {
  ResourceSource out{.kind = ResourceSource::Kind::kServer};
  switch (server.api_type()) {
    case ApiConfigSource::GRPC:
      break;
    case ApiConfigSource::DELTA_GRPC:
      out.delta = true;
      break;
    default:
      return context.ErrorAt(absl::StrCat(field, ".api_config_source.api_type"),
                             "wants GRPC or DELTA_GRPC");
  }
  if (server.grpc_services_size() != 1 || !server.grpc_services(0).has_envoy_grpc()) {
    return context.ErrorAt(absl::StrCat(field, ".api_config_source.grpc_services"),
                           "wants exactly one, with envoy_grpc");
  }
  out.cluster = server.grpc_services(0).envoy_grpc().cluster_name();
  return out;
}

}  // namespace

absl::StatusOr<ResourceSource> ReadConfigSource(const ConfigSource& source, std::string_view field,
                                                const CompileContext& context) {
  switch (source.config_source_specifier_case()) {
    case ConfigSource::kAds:
    case ConfigSource::kSelf:
      if (context.options().has_ads) return ResourceSource();
      return context.ErrorAt(field, "wants ADS, and dynamic_resources.ads_config is not set");
    case ConfigSource::kApiConfigSource:
      return ReadServer(source.api_config_source(), field, context);
    case ConfigSource::kPath:
      if (source.path().empty()) return context.ErrorAt(absl::StrCat(field, ".path"), "is empty");
      return ResourceSource{.kind = ResourceSource::Kind::kFile, .path = source.path()};
    case ConfigSource::kPathConfigSource: {
      const auto& file = source.path_config_source();
      if (file.path().empty()) {
        return context.ErrorAt(absl::StrCat(field, ".path_config_source.path"), "is empty");
      }
      return ResourceSource{.kind = ResourceSource::Kind::kFile,
                            .path = file.path(),
                            .watched_directory = file.watched_directory().path()};
    }
    case ConfigSource::CONFIG_SOURCE_SPECIFIER_NOT_SET:
      break;
  }
  return context.ErrorAt(field, "wants one of ads, api_config_source and path_config_source");
}

absl::Status Refer(Reference::Kind kind, std::string_view name, const ConfigSource& source,
                   std::string_view field, CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(ResourceSource read, ReadConfigSource(source, field, context));
  context.Refer({.kind = kind, .name = std::string(name), .source = std::move(read)});
  return absl::OkStatus();
}

}  // namespace sluice::compile
