// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/context.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/support/support_walk.h"
#include "base/nearest.h"

namespace sluice::compile {

using support::FieldFault;
using support::FieldFinding;

namespace {

// As many are named in one error.
constexpr int kMaxNamed = 5;

std::string Join(std::string_view path, std::string_view field) {
  return absl::StrCat(path, path.empty() || field.empty() ? "" : ".", field);
}

std::string Rule(const FieldFinding& finding) {
  switch (finding.fault) {
    case FieldFault::kUnknownField:
      return absl::StrCat("field number ", finding.number, " is not known");
    case FieldFault::kUnknownEnumValue:
      return absl::StrCat("value ", finding.number, " is not one of its enum's");
    case FieldFault::kTooDeep:
      return "is nested too deep";
    case FieldFault::kListed:
    case FieldFault::kRefused:
      break;
  }
  return absl::StrCat(finding.subject, " is not implemented, and may not be skipped");
}

}  // namespace

void CompileContext::Begin(std::string_view kind, std::string_view name) {
  resource_ = absl::StrCat(kind, " \"", name, "\"");
  path_.clear();
  findings_.clear();
  references_.clear();
  reads_files_ = false;
  needs_consumers_ = false;
}

absl::Status CompileContext::Error(std::string_view text) const { return ErrorAt("", text); }

absl::Status CompileContext::ErrorAt(std::string_view field, std::string_view text) const {
  const std::string path = Join(path_, field);
  return absl::InvalidArgumentError(
      absl::StrCat(resource_, ": ", path, path.empty() ? "" : ": ", text));
}

absl::Status CompileContext::UnknownName(std::string_view what, std::string_view name,
                                         std::span<const std::string_view> known) const {
  const std::string_view nearest = base::NearestName(name, known);
  std::string text = absl::StrCat(what, " \"", name, "\" is not known");
  if (!nearest.empty()) absl::StrAppend(&text, "; did you mean \"", nearest, "\"?");
  return Error(text);
}

void CompileContext::List(std::string_view field, std::string subject) {
  findings_.push_back({Join(path_, field), std::move(subject)});
}

absl::Status CompileContext::Walk(const google::protobuf::Message& message) {
  std::string refused;
  int count = 0;
  for (FieldFinding& finding : support::WalkSupport(message)) {
    const bool listed = finding.fault == FieldFault::kListed ||
                        (finding.fault == FieldFault::kUnknownField && !options_.reject_unknown);
    if (listed) {
      List(finding.path, std::move(finding.subject));
    } else if (++count <= kMaxNamed) {
      absl::StrAppend(&refused, refused.empty() ? "" : "; ", Join(path_, finding.path), ": ",
                      Rule(finding));
    }
  }
  if (count == 0) return absl::OkStatus();
  if (count > kMaxNamed) absl::StrAppend(&refused, "; and ", count - kMaxNamed, " more");
  return absl::InvalidArgumentError(absl::StrCat(resource_, ": ", refused));
}

Scope::Scope(CompileContext& context, std::string_view field)
    : context_(context), size_(context.path_.size()) {
  absl::StrAppend(&context.path_, context.path_.empty() ? "" : ".", field);
}

Scope::Scope(CompileContext& context, std::string_view field, int index) : Scope(context, field) {
  absl::StrAppend(&context.path_, "[", index, "]");
}

Scope::Scope(CompileContext& context, std::string_view field, std::string_view key)
    : Scope(context, field) {
  absl::StrAppend(&context.path_, "[\"", key, "\"]");
}

absl::StatusOr<int64_t> Milliseconds(const google::protobuf::Duration& duration,
                                     std::string_view field, const CompileContext& context) {
  constexpr int64_t kMaxSeconds = 315'576'000'000;  // Of google.protobuf.Duration.
  if (duration.seconds() < 0 || duration.nanos() < 0) {
    return context.ErrorAt(field, absl::StrCat(duration.seconds(), "s and ", duration.nanos(),
                                               "ns must not be negative"));
  }
  if (duration.seconds() > kMaxSeconds || duration.nanos() > 999'999'999) {
    return context.ErrorAt(field, absl::StrCat(duration.seconds(), "s and ", duration.nanos(),
                                               "ns is no valid duration"));
  }
  return duration.seconds() * 1000 + (duration.nanos() + 999'999) / 1'000'000;
}

}  // namespace sluice::compile
