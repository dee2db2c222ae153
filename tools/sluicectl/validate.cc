// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "api/manifest/unsupported.h"
#include "controlplane/certificate/inspector.h"
#include "controlplane/certificate/secret_problems.h"
#include "controlplane/status/verdict_problems.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "tools/sluicectl/input.h"
#include "tools/sluicectl/offline.h"
#include "tools/sluicectl/output.h"
#include "tools/sluicectl/verbs.h"

namespace sluice::sluicectl {
namespace {

// What resolve says of the objects together.
std::vector<manifest::Problem> Warnings(const OfflineObjects& read) {
  certificate::Inspector inspector;
  translate::Pipeline pipeline([&](std::string_view chain, std::string_view key) {
    return inspector.Inspect(chain, key).problem;
  });
  pipeline.Apply(read.set, store::DiffOf(store::ObjectSet(), *read.set));
  std::vector<manifest::Problem> problems;
  for (const manifest::Object& object : read.objects) {
    const std::vector<manifest::Problem> unsupported = manifest::FindUnsupported(object);
    problems.insert(problems.end(), unsupported.begin(), unsupported.end());
    const std::vector<manifest::Problem> secret =
        certificate::SecretProblems(object, absl::Now(), inspector);
    problems.insert(problems.end(), secret.begin(), secret.end());
    const auto verdict = pipeline.verdicts().find(object.key);
    if (verdict != pipeline.verdicts().end()) {
      status::AppendProblems(object, verdict->second, &problems);
    }
  }
  return problems;
}

// The members of the push API's Problem, so that one script reads both.
nlohmann::ordered_json AsJson(const std::vector<manifest::Problem>& problems) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const manifest::Problem& problem : problems) {
    list.push_back({{"file", problem.origin.file},
                    {"line", problem.origin.line},
                    {"resource", problem.resource},
                    {"path", problem.field_path},
                    {"reason", problem.reason}});
  }
  return list;
}

void PrintAsTable(const OfflineObjects& read, const std::vector<manifest::Problem>& warnings,
                  bool is_strict, Streams& streams) {
  for (const manifest::Problem& problem : read.problems) {
    streams.err << problem.ToString() << "\n";
  }
  for (const manifest::Problem& warning : warnings) {
    streams.err << (is_strict ? "" : "warning: ") << warning.ToString() << "\n";
  }
  if (!read.problems.empty() || (is_strict && !warnings.empty())) return;
  const size_t count = read.objects.size();
  streams.out << count << (count == 1 ? " object is valid" : " objects are valid");
  if (!warnings.empty()) {
    streams.out << ", with " << warnings.size()
                << (warnings.size() == 1 ? " warning" : " warnings");
  }
  streams.out << "\n";
}

}  // namespace

ExitCode RunValidate(const Invocation& invocation, Streams& streams) {
  const std::optional<Format> format = ReadFormat(invocation, streams);
  if (!format.has_value()) return ExitCode::kUsage;
  const absl::StatusOr<std::vector<InputFile>> files =
      ReadInput(invocation.All("filename"), streams);
  if (!files.ok()) {
    streams.err << "sluicectl: " << files.status().message() << "\n";
    return ExitCode::kUsage;
  }
  const OfflineObjects read = ReadOffline(*files, invocation.Get("namespace"));
  // What the objects say together is of use only once each is valid alone.
  const std::vector<manifest::Problem> warnings =
      read.problems.empty() ? Warnings(read) : std::vector<manifest::Problem>();
  const bool is_strict = invocation.Has("strict");
  if (*format == Format::kTable) {
    PrintAsTable(read, warnings, is_strict, streams);
  } else {
    const nlohmann::ordered_json told = {{"objects", read.objects.size()},
                                         {"problems", AsJson(read.problems)},
                                         {"warnings", AsJson(warnings)}};
    PrintValue(told.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), *format,
               streams.out);
  }
  const bool is_valid = read.problems.empty() && !(is_strict && !warnings.empty());
  return is_valid ? ExitCode::kOk : ExitCode::kInvalidInput;
}

}  // namespace sluice::sluicectl
