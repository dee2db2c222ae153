// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/condition.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/identity_matcher.h"
#include "dataplane/compile/matchers.h"

namespace sluice::compile {

using condition::Condition;
using envoy::config::core::v3::CidrRange;
using envoy::config::rbac::v3::Permission;
using envoy::config::rbac::v3::Policy;
using envoy::config::rbac::v3::Principal;
using envoy::config::rbac::v3::SourcedMetadata;
using envoy::config::route::v3::HeaderMatcher;
using envoy::type::matcher::v3::MetadataMatcher;
using envoy::type::matcher::v3::PathMatcher;
using Builder = Condition::Builder;

namespace {

// An error of the builder, at the place where we are.
absl::Status At(const CompileContext& context, const absl::Status& status) {
  return status.ok() ? status : context.Error(status.message());
}

// What permissions and principals share.

absl::Status AddHeader(const HeaderMatcher& matcher, Builder& builder, CompileContext& context) {
  const Scope at(context, "header");
  SLUICE_ASSIGN_OR_RETURN(config::HeaderMatch match, CompileHeaderMatch(matcher, context));
  return At(context, builder.Header(std::move(match)));
}

absl::Status AddPath(const PathMatcher& matcher, Builder& builder, CompileContext& context) {
  const Scope at(context, "url_path.path");
  SLUICE_ASSIGN_OR_RETURN(config::StringMatch match, CompileStringMatch(matcher.path(), context));
  return At(context, builder.Path(std::move(match)));
}

absl::Status AddNetwork(const CidrRange& range, std::string_view field,
                        absl::Status (Builder::*add)(condition::Cidr), Builder& builder,
                        const CompileContext& context) {
  const uint32_t length = range.prefix_len().value();
  const std::optional<condition::Cidr> network =
      condition::Cidr::Make(range.address_prefix(), length);
  if (!network.has_value()) {
    return context.ErrorAt(
        field, absl::StrCat("\"", range.address_prefix(), "/", length, "\" is no network"));
  }
  return At(context, (builder.*add)(*network));
}

absl::Status AddMetadata(const MetadataMatcher& matcher, Builder& builder,
                         CompileContext& context) {
  SLUICE_ASSIGN_OR_RETURN(condition::IdentityMatcher test,
                          CompileIdentityMatcher(matcher, context));
  return At(context, builder.Identity(std::move(test)));
}

absl::Status AddSourced(const SourcedMetadata& sourced, Builder& builder, CompileContext& context) {
  const Scope at(context, "sourced_metadata");
  if (sourced.metadata_source() != envoy::config::rbac::v3::DYNAMIC) {
    return context.ErrorAt("metadata_source", "routes have no metadata: wants DYNAMIC");
  }
  const Scope matcher(context, "metadata_matcher");
  return AddMetadata(sourced.metadata_matcher(), builder, context);
}

absl::Status AddAny(bool any, Builder& builder, const CompileContext& context) {
  if (!any) return context.ErrorAt("any", "false asks for nothing: wants true");
  return At(context, builder.Any());
}

absl::Status AddOne(const Permission& permission, Builder& builder, CompileContext& context);
absl::Status AddOne(const Principal& principal, Builder& builder, CompileContext& context);

// Each of a list, in a group that was begun.
template <typename List>
absl::Status AddEach(const List& list, std::string_view field, absl::Status begun, Builder& builder,
                     CompileContext& context) {
  SLUICE_RETURN_IF_ERROR(At(context, begun));
  if (list.empty()) return context.ErrorAt(field, "is empty: wants one or more");
  for (int i = 0; i < list.size(); ++i) {
    const Scope at(context, field, i);
    SLUICE_RETURN_IF_ERROR(AddOne(list.Get(i), builder, context));
  }
  builder.End();
  return absl::OkStatus();
}

template <typename Rule>
absl::Status AddNot(const Rule& rule, std::string_view field, Builder& builder,
                    CompileContext& context) {
  const Scope at(context, field);
  SLUICE_RETURN_IF_ERROR(At(context, builder.BeginNot()));
  SLUICE_RETURN_IF_ERROR(AddOne(rule, builder, context));
  builder.End();
  return absl::OkStatus();
}

absl::Status AddPorts(int64_t first, int64_t end, std::string_view field, Builder& builder,
                      const CompileContext& context) {
  if (first < 0 || end > 65'536 || first >= end) {
    return context.ErrorAt(field,
                           absl::StrCat("[", first, ", ", end, ") is no range within 0 to 65535"));
  }
  return At(context, builder.LocalPort(static_cast<uint32_t>(first), static_cast<uint32_t>(end)));
}

absl::Status AddOne(const Permission& permission, Builder& builder, CompileContext& context) {
  switch (permission.rule_case()) {
    case Permission::kAndRules:
      return AddEach(permission.and_rules().rules(), "and_rules.rules", builder.BeginAll(), builder,
                     context);
    case Permission::kOrRules:
      return AddEach(permission.or_rules().rules(), "or_rules.rules", builder.BeginOne(), builder,
                     context);
    case Permission::kNotRule:
      return AddNot(permission.not_rule(), "not_rule", builder, context);
    case Permission::kAny:
      return AddAny(permission.any(), builder, context);
    case Permission::kHeader:
      return AddHeader(permission.header(), builder, context);
    case Permission::kUrlPath:
      return AddPath(permission.url_path(), builder, context);
    case Permission::kDestinationIp:
      return AddNetwork(permission.destination_ip(), "destination_ip", &Builder::LocalIp, builder,
                        context);
    case Permission::kDestinationPort:
      return AddPorts(permission.destination_port(), int64_t{permission.destination_port()} + 1,
                      "destination_port", builder, context);
    case Permission::kDestinationPortRange:
      return AddPorts(permission.destination_port_range().start(),
                      permission.destination_port_range().end(), "destination_port_range", builder,
                      context);
    case Permission::kRequestedServerName: {
      const Scope at(context, "requested_server_name");
      SLUICE_ASSIGN_OR_RETURN(config::StringMatch match,
                              CompileStringMatch(permission.requested_server_name(), context));
      return At(context, builder.ServerName(std::move(match)));
    }
    case Permission::kMetadata: {
      const Scope at(context, "metadata");
      return AddMetadata(permission.metadata(), builder, context);
    }
    case Permission::kSourcedMetadata:
      return AddSourced(permission.sourced_metadata(), builder, context);
    case Permission::kMatcher:
    case Permission::kUriTemplate:
    case Permission::RULE_NOT_SET:
      break;
  }
  return context.Error("asks for nothing that is known here");
}

absl::Status AddAuthenticated(const Principal::Authenticated& authenticated, Builder& builder,
                              CompileContext& context) {
  if (!authenticated.has_principal_name()) return At(context, builder.Authenticated({}));
  const Scope at(context, "authenticated.principal_name");
  SLUICE_ASSIGN_OR_RETURN(config::StringMatch match,
                          CompileStringMatch(authenticated.principal_name(), context));
  return At(context, builder.Authenticated(std::move(match)));
}

absl::Status AddOne(const Principal& principal, Builder& builder, CompileContext& context) {
  switch (principal.identifier_case()) {
    case Principal::kAndIds:
      return AddEach(principal.and_ids().ids(), "and_ids.ids", builder.BeginAll(), builder,
                     context);
    case Principal::kOrIds:
      return AddEach(principal.or_ids().ids(), "or_ids.ids", builder.BeginOne(), builder, context);
    case Principal::kNotId:
      return AddNot(principal.not_id(), "not_id", builder, context);
    case Principal::kAny:
      return AddAny(principal.any(), builder, context);
    case Principal::kAuthenticated:
      return AddAuthenticated(principal.authenticated(), builder, context);
    case Principal::kSourceIp:
      return AddNetwork(principal.source_ip(), "source_ip", &Builder::PeerIp, builder, context);
    case Principal::kDirectRemoteIp:
      return AddNetwork(principal.direct_remote_ip(), "direct_remote_ip", &Builder::PeerIp, builder,
                        context);
    case Principal::kRemoteIp:
      return AddNetwork(principal.remote_ip(), "remote_ip", &Builder::ClientIp, builder, context);
    case Principal::kHeader:
      return AddHeader(principal.header(), builder, context);
    case Principal::kUrlPath:
      return AddPath(principal.url_path(), builder, context);
    case Principal::kMetadata: {
      const Scope at(context, "metadata");
      return AddMetadata(principal.metadata(), builder, context);
    }
    case Principal::kSourcedMetadata:
      return AddSourced(principal.sourced_metadata(), builder, context);
    case Principal::kFilterState:
    case Principal::kCustom:
    case Principal::IDENTIFIER_NOT_SET:
      break;
  }
  return context.Error("asks for nothing that is known here");
}

}  // namespace

absl::StatusOr<Condition> CompileCondition(const Policy& policy, condition::Leaning leaning,
                                           CompileContext& context) {
  Builder builder(leaning);
  SLUICE_RETURN_IF_ERROR(At(context, builder.BeginAll()));
  SLUICE_RETURN_IF_ERROR(
      AddEach(policy.permissions(), "permissions", builder.BeginOne(), builder, context));
  SLUICE_RETURN_IF_ERROR(
      AddEach(policy.principals(), "principals", builder.BeginOne(), builder, context));
  builder.End();
  return builder.Build();
}

}  // namespace sluice::compile
