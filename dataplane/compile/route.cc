// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/route.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/compile/data_source.h"
#include "dataplane/compile/filters.h"
#include "dataplane/compile/forward.h"
#include "dataplane/compile/header_edits.h"
#include "dataplane/compile/matchers.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

using envoy::config::route::v3::DirectResponseAction;
using envoy::config::route::v3::RedirectAction;
using RouteMessage = envoy::config::route::v3::Route;

namespace {

uint16_t RedirectStatus(RedirectAction::RedirectResponseCode code) {
  switch (code) {
    case RedirectAction::FOUND:
      return 302;
    case RedirectAction::SEE_OTHER:
      return 303;
    case RedirectAction::TEMPORARY_REDIRECT:
      return 307;
    case RedirectAction::PERMANENT_REDIRECT:
      return 308;
    default:
      return 301;
  }
}

absl::StatusOr<config::Redirect> CompileRedirect(const RedirectAction& action,
                                                 const CompileContext& context) {
  config::Redirect out;
  out.status = RedirectStatus(action.response_code());
  if (action.https_redirect()) out.scheme = "https";
  if (!action.scheme_redirect().empty()) {
    out.scheme = absl::AsciiStrToLower(action.scheme_redirect());
    if (out.scheme != "http" && out.scheme != "https") {
      return context.ErrorAt("scheme_redirect", absl::StrCat("\"", action.scheme_redirect(),
                                                             "\" is neither http nor https"));
    }
  }
  out.host = action.host_redirect();
  if (!out.host.empty() && !http::IsAuthority(out.host)) {
    return context.ErrorAt("host_redirect", absl::StrCat("\"", out.host, "\" is no host"));
  }
  out.port = action.port_redirect();
  if (out.port > 65535) {
    return context.ErrorAt("port_redirect", absl::StrCat(out.port, " is over 65535"));
  }
  switch (action.path_rewrite_specifier_case()) {
    case RedirectAction::kPathRedirect:
      out.path = action.path_redirect();
      if (!http::IsFieldValue(*out.path) || out.path->find(' ') != std::string::npos) {
        return context.ErrorAt("path_redirect", "has a character that no URL may hold");
      }
      break;
    case RedirectAction::kPrefixRewrite:
      out.prefix_rewrite = action.prefix_rewrite();
      break;
    case RedirectAction::kRegexRewrite:
      out.regex_rewrite = {action.regex_rewrite().pattern().regex(),
                           action.regex_rewrite().substitution()};
      break;
    default:
      break;
  }
  out.strip_query = action.strip_query();
  return out;
}

absl::StatusOr<config::DirectResponse> CompileDirectResponse(const DirectResponseAction& action,
                                                             CompileContext& context) {
  config::DirectResponse out;
  if (action.status() < 200 || action.status() > 599) {
    return context.ErrorAt("status", absl::StrCat(action.status(), " is not within 200 and 599"));
  }
  out.status = static_cast<uint16_t>(action.status());
  out.content_type = "text/plain";
  if (action.has_body()) {
    SLUICE_ASSIGN_OR_RETURN(out.body, ReadDataSource(action.body(), "body", context));
  }
  return out;
}

absl::Status CompileAction(const RouteMessage& route, config::Route& out, CompileContext& context) {
  switch (route.action_case()) {
    case RouteMessage::kRoute: {
      const Scope at(context, "route");
      SLUICE_ASSIGN_OR_RETURN(out.action, CompileForward(route.route(), context));
      return absl::OkStatus();
    }
    case RouteMessage::kRedirect: {
      const Scope at(context, "redirect");
      SLUICE_ASSIGN_OR_RETURN(out.action, CompileRedirect(route.redirect(), context));
      return absl::OkStatus();
    }
    case RouteMessage::kDirectResponse: {
      const Scope at(context, "direct_response");
      SLUICE_ASSIGN_OR_RETURN(out.action, CompileDirectResponse(route.direct_response(), context));
      return absl::OkStatus();
    }
    default:
      return context.Error("wants one of route, redirect and direct_response");
  }
}

}  // namespace

absl::StatusOr<config::Route> CompileRoute(const RouteMessage& route, CompileContext& context) {
  config::Route out;
  out.name = route.name();
  {
    const Scope at(context, "match");
    SLUICE_ASSIGN_OR_RETURN(out.match, CompileRouteMatch(route.match(), context));
  }
  SLUICE_RETURN_IF_ERROR(CompileAction(route, out, context));
  SLUICE_RETURN_IF_ERROR(CompileBothHeaderEdits(route, out, context));
  SLUICE_ASSIGN_OR_RETURN(CompiledOverrides overrides,
                          CompileOverrides(route.typed_per_filter_config(), context));
  out.overrides = std::move(overrides.overrides);
  out.max_request_body_bytes = overrides.max_request_body_bytes;
  return out;
}

}  // namespace sluice::compile
