// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/text_format.h"

#include <utility>

#include "base/status_macros.h"
#include "dataplane/telemetry/format_pieces.h"
#include "dataplane/telemetry/format_value.h"

namespace sluice::telemetry {
namespace {

class CompiledText final : public TextFormat {
 public:
  explicit CompiledText(FormatPieces pieces) : pieces_(std::move(pieces)) {}

  bool is_literal() const override {
    return pieces_.empty() || (pieces_.size() == 1 && pieces_[0].op == Operator::kLiteral);
  }
  std::string_view literal() const override {
    return is_literal() && !pieces_.empty() ? pieces_[0].literal : std::string_view();
  }

  void Append(const LogEntry& entry, std::string_view missing, std::string& out) const override {
    ValueScratch scratch;
    for (const FormatPiece& piece : pieces_) {
      if (piece.op == Operator::kLiteral) {
        out.append(piece.literal);
        continue;
      }
      const FormatValue value = Evaluate(piece, entry, scratch);
      out.append(value.kind == FormatValue::Kind::kMissing ? missing : ValueText(value, scratch));
    }
  }

 private:
  const FormatPieces pieces_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const TextFormat>> TextFormat::Compile(std::string_view format) {
  SLUICE_ASSIGN_OR_RETURN(FormatPieces pieces, ParseFormatPieces(format));
  return std::make_unique<const CompiledText>(std::move(pieces));
}

}  // namespace sluice::telemetry
