// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "sluice/push/v1/push.pb.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/problem_text.h"
#include "tools/sluicectl/session.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {

ExitCode RunHistory(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  const std::unique_ptr<Session> session = Session::Open(invocation, streams);
  if (session == nullptr) return ExitCode::kUsage;
  push::v1::HistoryResponse response;
  if (!session->Call("History", push::v1::HistoryRequest(), &response)) {
    return session->exit_code();
  }
  if (*format != Format::kTable) {
    PrintValue(MessageAsJson(response), *format, streams.out);
    return ExitCode::kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const push::v1::Revision& revision : response.revisions()) {
    std::string what = revision.keys().empty() ? "-" : ToText(revision.keys(0));
    if (revision.keys_size() > 1)
      absl::StrAppend(&what, " and ", revision.keys_size() - 1, " more");
    rows.push_back(
        {absl::StrCat(revision.revision()),
         absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixSeconds(revision.at().seconds()),
                          absl::LocalTimeZone()),
         revision.author(), what, revision.message()});
  }
  PrintTable({"REVISION", "AT", "BY", "WHAT", "MESSAGE"}, rows, streams.out);
  return ExitCode::kOk;
}

}  // namespace sluice::sluicectl
