// SPDX-License-Identifier: Apache-2.0
#include "dataplane/exchange/header_edits.h"

#include <utility>

#include "base/status_macros.h"
#include "dataplane/http/syntax.h"

namespace sluice::exchange {

using Action = config::HeaderEdit::Action;

absl::StatusOr<HeaderEditor> HeaderEditor::Make(const config::HeaderEdits& edits) {
  HeaderEditor editor;
  editor.remove_ = &edits.remove;
  for (const config::HeaderEdit& edit : edits.set) {
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<const telemetry::TextFormat> format,
                            telemetry::TextFormat::Compile(edit.value));
    editor.edits_.push_back({&edit, std::move(format)});
  }
  return editor;
}

void HeaderEditor::Apply(const telemetry::LogEntry& entry, http::HeaderMap& headers,
                         base::Arena& arena) const {
  for (const std::string& name : *remove_) headers.Remove(name);
  for (const Edit& edit : edits_) {
    std::string_view value = edit.format->literal();
    if (!edit.format->is_literal()) {
      std::string text;
      edit.format->Append(entry, /*missing=*/"", text);
      if (!http::IsFieldValue(text)) continue;
      value = arena.Copy(text);
    }
    const std::string_view name = edit.edit->name;
    if (value.empty() && !edit.edit->keep_empty) continue;
    switch (edit.edit->action) {
      case Action::kAppend:
        headers.Add(name, value);
        break;
      case Action::kAddIfAbsent:
        if (headers.Find(name) == nullptr) headers.Add(name, value);
        break;
      case Action::kOverwrite:
        headers.Set(name, value);
        break;
      case Action::kOverwriteIfExists:
        if (headers.Find(name) != nullptr) headers.Set(name, value);
        break;
    }
  }
}

}  // namespace sluice::exchange
