// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/problem_text.h"
#include "tools/sluicectl/session.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

// "type.googleapis.com/envoy.config.route.v3.RouteConfiguration" is long for a table.
std::string ShortType(const std::string& type_url) {
  return type_url.substr(type_url.rfind('.') + 1);
}

void PrintRefusals(const push::v1::FleetResponse& response, std::ostream& out) {
  for (const push::v1::Proxy& proxy : response.proxies()) {
    for (const push::v1::Refusal& refusal : proxy.refusals()) {
      out << "\n" << Printable(proxy.node()) << " refused " << ShortType(refusal.type_url());
      for (const std::string& name : refusal.resources()) out << " " << name;
      out << ": " << Printable(refusal.error()) << "\n";
      for (const push::v1::Problem& cause : refusal.causes()) {
        out << "  from " << ToText(cause) << "\n";
      }
    }
  }
  for (const push::v1::Problem& problem : response.problems()) {
    out << "\nproblem: " << ToText(problem) << "\n";
  }
}

// A fleet says the same many times over, so the names come for one proxy alone.
void PrintUnsupported(const push::v1::FleetResponse& response, bool is_one, std::ostream& out) {
  for (const push::v1::Proxy& proxy : response.proxies()) {
    if (proxy.unsupported_fields().empty()) continue;
    if (!is_one) {
      out << "\nWhich FIELDS a proxy does not act on: sluicectl fleet " << Printable(proxy.node())
          << "\n";
      return;
    }
    out << "\n" << Printable(proxy.node()) << " does not act on:\n";
    for (const std::string& field : proxy.unsupported_fields()) {
      out << "  " << Printable(field) << "\n";
    }
  }
}

void KeepOnly(const std::string& node, push::v1::FleetResponse& response) {
  auto& proxies = *response.mutable_proxies();
  proxies.erase(std::remove_if(proxies.begin(), proxies.end(),
                               [&](const push::v1::Proxy& proxy) { return proxy.node() != node; }),
                proxies.end());
}

}  // namespace

ExitCode RunFleet(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return ExitCode::kUsage;
  push::v1::FleetRequest request;
  request.set_gateway(invocation.Get("gateway"));
  push::v1::FleetResponse response;
  if (!session->Call("Fleet", request, &response)) return session->exit_code();
  const bool is_one = !invocation.arguments().empty();
  if (is_one) {
    KeepOnly(invocation.arguments()[0], response);
    if (response.proxies().empty()) {
      streams.err << "sluicectl: no proxy " << invocation.arguments()[0] << " is connected\n";
      return ExitCode::kDiffers;
    }
  }
  if (*format != Format::kTable) {
    PrintValue(MessageAsJson(response), *format, streams.out);
    return ExitCode::kOk;
  }
  if (response.proxies().empty()) streams.out << "no proxy is connected\n";
  std::vector<std::vector<std::string>> rows;
  for (const push::v1::Proxy& proxy : response.proxies()) {
    rows.push_back({proxy.node(), proxy.gateway(), std::string(ToText(proxy.state())),
                    proxy.version().empty() ? "-" : proxy.version(),
                    proxy.version() == proxy.target_version() ? "yes" : "no",
                    absl::StrFormat("%.0f ms", proxy.lag_ms()), absl::StrCat(proxy.refusals_size()),
                    absl::StrCat(proxy.unsupported_fields_size())});
  }
  if (!rows.empty()) {
    PrintTable({"PROXY", "GATEWAY", "STATE", "VERSION", "CURRENT", "LAG", "NACKS", "FIELDS"}, rows,
               streams.out);
  }
  PrintRefusals(response, streams.out);
  PrintUnsupported(response, is_one, streams.out);
  return ExitCode::kOk;
}

}  // namespace sluice::sluicectl
