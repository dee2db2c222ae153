// SPDX-License-Identifier: Apache-2.0
#include "dataplane/telemetry/format_pieces.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "dataplane/http/syntax.h"

namespace sluice::telemetry {
namespace {

constexpr size_t kMaxFormatBytes = 16 * 1024;

struct Known {
  std::string_view name;
  Operator op;
};
constexpr Known kKnown[] = {
#define SLUICE_LOG_OPERATOR_NAME(id, name, is_number) {name, Operator::id},
    SLUICE_LOG_OPERATORS(SLUICE_LOG_OPERATOR_NAME)
#undef SLUICE_LOG_OPERATOR_NAME
};

// "; did you mean %REQ%?", or nothing.
std::string Suggestion(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Known& known : kKnown) names.push_back(known.name);
  const std::string_view nearest = base::NearestName(name, names);
  return nearest.empty() ? "" : absl::StrCat("; did you mean %", nearest, "%?");
}

// The parts of "%NAME(ARGUMENT):LENGTH%".
struct Command {
  std::string_view name;
  std::string_view argument;
  bool has_argument = false;
  std::string_view length;
  bool has_length = false;
  size_t end = 0;  // Behind the closing percent sign.
};

absl::Status ErrorAt(size_t at, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("format at byte ", at, ": ", what));
}

absl::StatusOr<Command> ParseCommand(std::string_view format, size_t start) {
  Command command;
  size_t at = start + 1;
  const size_t name_end = std::min(
      format.size(), format.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", at));
  command.name = format.substr(at, name_end - at);
  at = name_end;
  if (command.name.empty())
    return ErrorAt(start, "'%' begins no operator; \"%%\" is a percent sign");
  if (at < format.size() && format[at] == '(') {
    const size_t close = format.find(')', at);
    if (close == std::string_view::npos) {
      return ErrorAt(start, absl::StrCat("%", command.name, "( lacks its ')'"));
    }
    command.argument = format.substr(at + 1, close - at - 1);
    command.has_argument = true;
    at = close + 1;
  }
  if (at < format.size() && format[at] == ':') {
    const size_t length_end =
        std::min(format.size(), format.find_first_not_of("0123456789", at + 1));
    command.length = format.substr(at + 1, length_end - at - 1);
    command.has_length = true;
    at = length_end;
  }
  if (at >= format.size() || format[at] != '%') {
    return ErrorAt(start, absl::StrCat("%", command.name, " lacks its closing '%'"));
  }
  command.end = at + 1;
  return command;
}

absl::StatusOr<FieldName> ParseFieldName(std::string_view text, Operator op) {
  FieldName field;
  field.name = absl::AsciiStrToLower(text);
  if (!field.name.starts_with(':')) {
    if (!http::IsFieldName(field.name)) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no header name"));
    }
    field.kind = FieldName::Kind::kHeader;
    field.id = http::FindHeaderId(field.name);
    return field;
  }
  using Kind = FieldName::Kind;
  constexpr std::pair<std::string_view, Kind> kPseudo[] = {{":method", Kind::kMethod},
                                                           {":path", Kind::kPath},
                                                           {":authority", Kind::kAuthority},
                                                           {":scheme", Kind::kScheme},
                                                           {":status", Kind::kStatus}};
  for (const auto& [name, kind] : kPseudo) {
    const Operator holder =
        kind == Kind::kStatus ? Operator::kResponseHeader : Operator::kRequestHeader;
    if (field.name == name && holder == op) {
      field.kind = kind;
      return field;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is no pseudo-header there; REQ has :method, :path, :authority and ",
      ":scheme, RESP has :status"));
}

absl::Status ParseFields(std::string_view argument, FormatPiece& piece) {
  const size_t mark = argument.find('?');
  SLUICE_ASSIGN_OR_RETURN(piece.field, ParseFieldName(argument.substr(0, mark), piece.op));
  if (mark != std::string_view::npos) {
    SLUICE_ASSIGN_OR_RETURN(piece.alternative, ParseFieldName(argument.substr(mark + 1), piece.op));
  }
  return absl::OkStatus();
}

std::string Hostname() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// What the operator's name alone does not say.
absl::Status ParseArgument(const Command& command, FormatPiece& piece) {
  switch (piece.op) {
    case Operator::kRequestHeader:
    case Operator::kResponseHeader:
    case Operator::kTrailer:
      if (command.argument.empty()) return absl::InvalidArgumentError("needs a header name");
      return ParseFields(command.argument, piece);
    case Operator::kStartTime: {
      SLUICE_ASSIGN_OR_RETURN(TimeFormat time, TimeFormat::Compile(command.argument));
      piece.time = std::make_shared<const TimeFormat>(std::move(time));
      return absl::OkStatus();
    }
    case Operator::kHostname:
      piece.literal = Hostname();
      break;
    default:
      break;
  }
  if (command.has_argument) return absl::InvalidArgumentError("takes no argument");
  return absl::OkStatus();
}

absl::StatusOr<FormatPiece> MakePiece(const Command& command, size_t start) {
  const auto known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                  [&](const Known& k) { return k.name == command.name; });
  if (known == std::end(kKnown)) {
    return ErrorAt(start,
                   absl::StrCat("unknown operator %", command.name, "%", Suggestion(command.name)));
  }
  FormatPiece piece;
  piece.op = known->op;
  if (absl::Status status = ParseArgument(command, piece); !status.ok()) {
    return ErrorAt(start, absl::StrCat("%", command.name, "%: ", status.message()));
  }
  if (command.has_length && !absl::SimpleAtoi(command.length, &piece.max_bytes)) {
    return ErrorAt(start,
                   absl::StrCat("%", command.name, "%: \":", command.length, "\" is no length"));
  }
  return piece;
}

void AppendLiteral(std::string_view text, FormatPieces& pieces) {
  if (text.empty()) return;
  if (pieces.empty() || pieces.back().op != Operator::kLiteral) pieces.emplace_back();
  pieces.back().literal.append(text);
}

}  // namespace

absl::StatusOr<FormatPieces> ParseFormatPieces(std::string_view format) {
  if (format.size() > kMaxFormatBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("format of ", format.size(), " bytes: at most ", kMaxFormatBytes));
  }
  FormatPieces pieces;
  for (size_t at = 0; at < format.size();) {
    const size_t percent = std::min(format.size(), format.find('%', at));
    AppendLiteral(format.substr(at, percent - at), pieces);
    if (percent == format.size()) break;
    if (format.substr(percent, 2) == "%%") {
      AppendLiteral("%", pieces);
      at = percent + 2;
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(const Command command, ParseCommand(format, percent));
    SLUICE_ASSIGN_OR_RETURN(FormatPiece piece, MakePiece(command, percent));
    pieces.push_back(std::move(piece));
    at = command.end;
  }
  return pieces;
}

}  // namespace sluice::telemetry
