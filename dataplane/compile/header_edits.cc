// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compile/header_edits.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/http/syntax.h"

namespace sluice::compile {

using config::HeaderEdit;
using envoy::config::core::v3::HeaderValueOption;

namespace {

absl::StatusOr<std::string> EditableName(const std::string& name, std::string_view field,
                                         const CompileContext& context) {
  std::string lower = absl::AsciiStrToLower(name);
  if (!http::IsFieldName(lower)) {
    return context.ErrorAt(field, absl::StrCat("\"", name, "\" is no header name"));
  }
  for (std::string_view fixed :
       {"host", "content-length", "transfer-encoding", "connection", "upgrade"}) {
    if (lower == fixed) {
      return context.ErrorAt(field, absl::StrCat("header \"", lower, "\" may not be edited"));
    }
  }
  return lower;
}

absl::StatusOr<HeaderEdit::Action> ActionOf(const HeaderValueOption& option,
                                            const CompileContext& context) {
  if (option.has_append()) {
    if (option.append_action() != HeaderValueOption::APPEND_IF_EXISTS_OR_ADD) {
      return context.ErrorAt("append", "is set beside append_action: wants one of them");
    }
    return option.append().value() ? HeaderEdit::Action::kAppend : HeaderEdit::Action::kOverwrite;
  }
  switch (option.append_action()) {
    case HeaderValueOption::ADD_IF_ABSENT:
      return HeaderEdit::Action::kAddIfAbsent;
    case HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD:
      return HeaderEdit::Action::kOverwrite;
    case HeaderValueOption::OVERWRITE_IF_EXISTS:
      return HeaderEdit::Action::kOverwriteIfExists;
    default:
      return HeaderEdit::Action::kAppend;
  }
}

absl::StatusOr<HeaderEdit> CompileEdit(const HeaderValueOption& option, CompileContext& context) {
  HeaderEdit edit;
  SLUICE_ASSIGN_OR_RETURN(edit.name, EditableName(option.header().key(), "header.key", context));
  SLUICE_ASSIGN_OR_RETURN(edit.action, ActionOf(option, context));
  const bool raw = !option.header().raw_value().empty();
  if (raw && !option.header().value().empty()) {
    return context.ErrorAt("header", "has both value and raw_value: wants one of them");
  }
  edit.value = raw ? option.header().raw_value() : option.header().value();
  edit.keep_empty = option.keep_empty_value();
  if (!http::IsFieldValue(edit.value)) {
    return context.ErrorAt(
        "header.value", absl::StrCat("\"", absl::CHexEscape(edit.value), "\" is no header value"));
  }
  if (context.options().check_text_format) {
    const absl::Status status = context.options().check_text_format(edit.value);
    if (!status.ok()) return context.ErrorAt("header.value", status.message());
  }
  return edit;
}

}  // namespace

absl::StatusOr<config::HeaderEdits> CompileHeaderEdits(const HeaderValueOptions& to_add,
                                                       const HeaderNames& to_remove,
                                                       std::string_view field,
                                                       CompileContext& context) {
  config::HeaderEdits edits;
  const std::string remove = absl::StrCat(field, "_to_remove");
  for (int i = 0; i < to_remove.size(); ++i) {
    const Scope at(context, remove, i);
    SLUICE_ASSIGN_OR_RETURN(std::string name, EditableName(to_remove.Get(i), "", context));
    edits.remove.push_back(std::move(name));
  }
  const std::string add = absl::StrCat(field, "_to_add");
  for (int i = 0; i < to_add.size(); ++i) {
    const Scope at(context, add, i);
    SLUICE_ASSIGN_OR_RETURN(HeaderEdit edit, CompileEdit(to_add.Get(i), context));
    edits.set.push_back(std::move(edit));
  }
  return edits;
}

}  // namespace sluice::compile
