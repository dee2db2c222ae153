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
#include "tools/sluicectl/text_diff.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {

ExitCode RunDiff(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  absl::StatusOr<std::vector<InputFile>> files = ReadInput(invocation.All("filename"), streams);
  if (!files.ok()) {
    streams.err << "sluicectl: " << files.status().message() << "\n";
    return ExitCode::kUsage;
  }
  push::v1::DiffRequest request;
  for (InputFile& file : *files) {
    push::v1::Document& document = *request.add_documents();
    document.set_file(file.name);
    document.set_text(std::move(file.text));
  }
  request.set_default_namespace(invocation.Get("namespace"));
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return ExitCode::kUsage;
  push::v1::DiffResponse response;
  if (!session->Call("Diff", request, &response)) return session->exit_code();
  ExitCode exit_code = ExitCode::kOk;
  for (const push::v1::ObjectDiff& diff : response.diffs()) {
    if (diff.outcome() == push::v1::OUTCOME_UNCHANGED) continue;
    exit_code = ExitCode::kDiffers;
    if (*format != Format::kTable) continue;
    streams.out << ToText(diff.key()) << " would be " << ToText(diff.outcome()) << ":\n"
                << DiffLines(diff.before(), diff.after());
  }
  if (*format != Format::kTable) PrintValue(MessageAsJson(response), *format, streams.out);
  return exit_code;
}

}  // namespace sluice::sluicectl
