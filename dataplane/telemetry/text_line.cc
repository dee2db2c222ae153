// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/telemetry/escape.h"
#include "dataplane/telemetry/format_pieces.h"
#include "dataplane/telemetry/format_value.h"
#include "dataplane/telemetry/line_formats.h"

namespace sluice::telemetry {
namespace {

class TextLine final : public LogFormat {
 public:
  TextLine(FormatPieces pieces, size_t value_budget, bool omit_empty)
      : pieces_(std::move(pieces)), value_budget_(value_budget), missing_(omit_empty ? "" : "-") {}

  void Append(const LogEntry& entry, std::string& out) const override {
    ValueScratch scratch;
    size_t budget = value_budget_;
    for (const FormatPiece& piece : pieces_) {
      if (piece.op == Operator::kLiteral) {
        out.append(piece.literal);
        continue;
      }
      const FormatValue value = Evaluate(piece, entry, scratch);
      if (value.kind == FormatValue::Kind::kMissing) {
        out.append(missing_);
        continue;
      }
      const size_t before = out.size();
      AppendTextEscaped(CutUtf8(ValueText(value, scratch), kMaxValueBytes),
                        std::max(budget, kSmallValueBytes), out);
      budget -= std::min(budget, out.size() - before);
    }
    out.push_back('\n');
  }

 private:
  const FormatPieces pieces_;
  const size_t value_budget_;
  const std::string_view missing_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const LogFormat>> CompileTextLine(std::string_view format,
                                                                 bool omit_empty) {
  if (format.ends_with('\n')) format.remove_suffix(1);
  SLUICE_ASSIGN_OR_RETURN(FormatPieces pieces, ParseFormatPieces(format));
  size_t constant = 1;
  for (const FormatPiece& piece : pieces) {
    constant += piece.op == Operator::kLiteral ? piece.literal.size() : kSmallValueBytes;
  }
  if (constant > kMaxConstantBytes) {
    return absl::InvalidArgumentError(absl::StrCat("format of ", pieces.size(),
                                                   " pieces is too long for a line of ",
                                                   kMaxLineBytes, " bytes"));
  }
  return std::make_unique<const TextLine>(std::move(pieces), kMaxLineBytes - constant, omit_empty);
}

}  // namespace sluice::telemetry
