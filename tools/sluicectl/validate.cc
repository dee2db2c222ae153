// SPDX-License-Identifier: Apache-2.0
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

}  // namespace

ExitCode RunValidate(const Invocation& invocation, Streams& streams) {
  const absl::StatusOr<std::vector<InputFile>> files =
      ReadInput(invocation.All("filename"), streams);
  if (!files.ok()) {
    streams.err << "sluicectl: " << files.status().message() << "\n";
    return ExitCode::kUsage;
  }
  const OfflineObjects read = ReadOffline(*files, invocation.Get("namespace"));
  for (const manifest::Problem& problem : read.problems) {
    streams.err << problem.ToString() << "\n";
  }
  if (!read.problems.empty()) return ExitCode::kInvalidInput;
  const std::vector<manifest::Problem> warnings = Warnings(read);
  for (const manifest::Problem& warning : warnings) {
    streams.err << (invocation.Has("strict") ? "" : "warning: ") << warning.ToString() << "\n";
  }
  if (invocation.Has("strict") && !warnings.empty()) return ExitCode::kInvalidInput;
  streams.out << read.objects.size() << " objects are valid";
  if (!warnings.empty()) streams.out << ", with " << warnings.size() << " warnings";
  streams.out << "\n";
  return ExitCode::kOk;
}

}  // namespace sluice::sluicectl
