// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/input.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/problem_text.h"
#include "tools/sluicectl/session.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {

ExitCode RunDelete(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  push::v1::DeleteRequest request;
  const auto& arguments = invocation.arguments();
  if (invocation.Has("filename") != arguments.empty()) {
    streams.err << "sluicectl: delete needs KIND NAME..., or -f FILE\n";
    return ExitCode::kUsage;
  }
  if (arguments.size() == 1) {
    streams.err << "sluicectl: name the " << arguments[0] << "\n";
    return ExitCode::kUsage;
  }
  for (size_t i = 1; i < arguments.size(); ++i) {
    push::v1::ObjectKey& key = *request.add_keys();
    key.set_kind(arguments[0]);
    key.set_namespace_(invocation.Get("namespace"));
    key.set_name(arguments[i]);
  }
  if (invocation.Has("filename")) {
    absl::StatusOr<std::vector<InputFile>> files = ReadInput(invocation.All("filename"), streams);
    if (!files.ok()) {
      streams.err << "sluicectl: " << files.status().message() << "\n";
      return ExitCode::kUsage;
    }
    for (InputFile& file : *files) {
      push::v1::Document& document = *request.add_documents();
      document.set_file(file.name);
      document.set_text(std::move(file.text));
    }
  }
  request.set_default_namespace(invocation.Get("namespace"));
  request.set_dry_run(invocation.Has("dry-run"));
  request.set_message(invocation.Get("message"));
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return ExitCode::kUsage;
  push::v1::DeleteResponse response;
  if (!session->Call("Delete", request, &response)) return session->exit_code();
  ExitCode exit_code = ExitCode::kOk;
  for (const push::v1::ObjectResult& result : response.results()) {
    if (*format == Format::kTable) {
      streams.out << ToText(result.key()) << " " << ToText(result.outcome())
                  << (request.dry_run() ? " (dry run)" : "") << "\n";
    }
    if (result.outcome() == push::v1::OUTCOME_ABSENT) exit_code = ExitCode::kDiffers;
  }
  if (*format != Format::kTable) PrintValue(MessageAsJson(response), *format, streams.out);
  return exit_code;
}

}  // namespace sluice::sluicectl
