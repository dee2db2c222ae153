// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/input.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/problem_text.h"
#include "tools/sluicectl/session.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

constexpr absl::Duration kDefaultWait = absl::Seconds(30);
// The server's own limits: it takes 0 ms for its default, and ends a longer wait at this one.
constexpr absl::Duration kMinWait = absl::Milliseconds(1);
constexpr absl::Duration kMaxWait = absl::Minutes(10);
// So that the server's answer, which says who is late, comes before our own limit.
constexpr int64_t kWaitMarginMs = 5'000;

void PrintResponse(const push::v1::ApplyResponse& response, bool is_dry_run, Streams& streams) {
  for (const push::v1::ObjectResult& result : response.results()) {
    streams.out << ToText(result.key()) << " " << ToText(result.outcome())
                << (is_dry_run ? " (dry run)" : "") << "\n";
  }
  streams.out << "revision " << response.revision() << (is_dry_run ? " (dry run)" : "") << "\n";
}

void PrintWarnings(const push::v1::ApplyResponse& response, Streams& streams) {
  for (const push::v1::Problem& warning : response.warnings()) {
    streams.err << "warning: " << ToText(warning) << "\n";
  }
}

void PrintWait(const push::v1::WaitResponse& wait, Streams& streams) {
  int live = 0;
  for (const push::v1::ProxyAnswer& proxy : wait.proxies()) {
    if (proxy.state() == push::v1::PROXY_STATE_LIVE) ++live;
    streams.out << absl::StrFormat("  %-24s %-24s %s", Printable(proxy.node()), proxy.gateway(),
                                   ToText(proxy.state()));
    if (proxy.state() != push::v1::PROXY_STATE_SYNCING) {
      streams.out << absl::StrFormat(" after %.1f ms", proxy.took_ms());
    }
    if (!proxy.error().empty()) streams.out << ": " << Printable(proxy.error());
    streams.out << "\n";
  }
  if (wait.gateways().empty()) {
    streams.out << "the change reaches no proxy: what every Gateway serves stays as it is\n";
  } else if (wait.proxies().empty()) {
    streams.out << "the change reaches no connected proxy: none is connected of Gateway "
                << absl::StrJoin(wait.gateways(), ", ") << "\n";
  } else {
    streams.out << absl::StrFormat("live on %d/%d proxies after %.1f ms\n", live,
                                   wait.proxies_size(), wait.took_ms());
  }
}

ExitCode ExitCodeOf(const push::v1::WaitResponse& wait) {
  if (wait.live()) return ExitCode::kOk;
  const bool is_refused =
      std::any_of(wait.proxies().begin(), wait.proxies().end(),
                  [](const auto& p) { return p.state() == push::v1::PROXY_STATE_REFUSED; });
  return is_refused ? ExitCode::kDiffers : ExitCode::kTimeout;
}

ExitCode Wait(Session& session, const push::v1::ApplyResponse& applied, absl::Duration timeout,
              Format format, Streams& streams) {
  push::v1::WaitRequest request;
  request.set_revision(applied.revision());
  // What is unchanged may still be on its way, by an apply before this one.
  std::set<int64_t> changes;
  for (const push::v1::ObjectResult& result : applied.results()) changes.insert(result.revision());
  request.mutable_changes()->Add(changes.begin(), changes.end());
  request.set_timeout_ms(absl::ToInt64Milliseconds(timeout));
  push::v1::WaitResponse response;
  if (!session.Call("Wait", request, &response, request.timeout_ms() + kWaitMarginMs)) {
    return session.exit_code();
  }
  if (format == Format::kTable) {
    PrintWait(response, streams);
  } else {
    PrintValue(MessageAsJson(response), format, streams.out);
  }
  return ExitCodeOf(response);
}

}  // namespace

ExitCode RunApply(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  absl::Duration timeout = kDefaultWait;
  if (invocation.Has("timeout") && (!absl::ParseDuration(invocation.Get("timeout"), &timeout) ||
                                    timeout <= absl::ZeroDuration())) {
    streams.err << "sluicectl: --timeout must be a duration like 30s\n";
    return ExitCode::kUsage;
  }
  timeout = std::clamp(timeout, kMinWait, kMaxWait);
  absl::StatusOr<std::vector<InputFile>> files = ReadInput(invocation.All("filename"), streams);
  if (!files.ok()) {
    streams.err << "sluicectl: " << files.status().message() << "\n";
    return ExitCode::kUsage;
  }
  push::v1::ApplyRequest request;
  for (InputFile& file : *files) {
    push::v1::Document& document = *request.add_documents();
    document.set_file(file.name);
    document.set_text(std::move(file.text));
  }
  request.set_default_namespace(invocation.Get("namespace"));
  request.set_dry_run(invocation.Has("dry-run"));
  request.set_strict(invocation.Has("strict"));
  request.set_message(invocation.Get("message"));
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return ExitCode::kUsage;
  const bool is_waiting = invocation.Has("wait") && !request.dry_run();
  push::v1::ApplyResponse response;
  if (!session->Call("Apply", request, &response)) return session->exit_code();
  if (*format == Format::kTable) {
    PrintResponse(response, request.dry_run(), streams);
    PrintWarnings(response, streams);
  } else if (!is_waiting) {
    PrintValue(MessageAsJson(response), *format, streams.out);
  }
  if (!is_waiting) return ExitCode::kOk;
  // The value that is printed is the wait's, so they would be lost.
  if (*format != Format::kTable) PrintWarnings(response, streams);
  return Wait(*session, response, timeout, *format, streams);
}

}  // namespace sluice::sluicectl
