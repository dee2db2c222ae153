// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "dataplane/telemetry/escape.h"
#include "dataplane/telemetry/format_pieces.h"
#include "dataplane/telemetry/format_value.h"
#include "dataplane/telemetry/line_formats.h"

namespace sluice::telemetry {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 16;

// One step of writing the object: the bytes in front of a value, and the value.
struct Step {
  std::string before;
  FormatPieces pieces;  // Empty: `before` is all.
  bool typed = false;   // One operator, written as what it is.
  // A member of an object that may be left out, key and comma with it.
  bool may_be_omitted = false;
};

class JsonLine final : public LogFormat {
 public:
  JsonLine(std::vector<Step> steps, size_t value_budget, bool omit_empty)
      : steps_(std::move(steps)), value_budget_(value_budget), omit_empty_(omit_empty) {}

  void Append(const LogEntry& entry, std::string& out) const override {
    size_t budget = value_budget_;
    for (const Step& step : steps_) {
      if (step.typed) {
        AppendTyped(step, entry, budget, out);
        continue;
      }
      AppendBefore(step, out);
      if (!step.pieces.empty()) AppendString(step.pieces, entry, budget, out);
    }
    out.push_back('\n');
  }

 private:
  // Where members may be left out, a comma belongs to the member behind it and is written only if
  // there is one in front: a value never ends in '{'.
  void AppendBefore(const Step& step, std::string& out) const {
    std::string_view before = step.before;
    if (omit_empty_ && before.starts_with(',') && out.ends_with('{')) before.remove_prefix(1);
    out.append(before);
  }

  void AppendTyped(const Step& step, const LogEntry& entry, size_t& budget,
                   std::string& out) const {
    ValueScratch scratch;
    const FormatValue value = Evaluate(step.pieces[0], entry, scratch);
    if (value.kind == FormatValue::Kind::kMissing && step.may_be_omitted) return;
    AppendBefore(step, out);
    switch (value.kind) {
      case FormatValue::Kind::kMissing:
        out.append("null");
        break;
      case FormatValue::Kind::kNumber:
        out.append(ValueText(value, scratch));
        break;
      case FormatValue::Kind::kText:
        out.push_back('"');
        AppendValue(value.text, budget, out);
        out.push_back('"');
        break;
    }
  }

  void AppendString(const FormatPieces& pieces, const LogEntry& entry, size_t& budget,
                    std::string& out) const {
    ValueScratch scratch;
    out.push_back('"');
    for (const FormatPiece& piece : pieces) {
      if (piece.op == Operator::kLiteral) {
        out.append(piece.literal);  // Escaped when it was compiled.
        continue;
      }
      const FormatValue value = Evaluate(piece, entry, scratch);
      if (value.kind != FormatValue::Kind::kMissing) {
        AppendValue(ValueText(value, scratch), budget, out);
      } else if (!omit_empty_) {
        out.push_back('-');
      }
    }
    out.push_back('"');
  }

  static void AppendValue(std::string_view text, size_t& budget, std::string& out) {
    const size_t before = out.size();
    AppendJsonEscaped(CutUtf8(text, kMaxValueBytes), std::max(budget, kSmallValueBytes), out);
    budget -= std::min(budget, out.size() - before);
  }

  const std::vector<Step> steps_;
  const size_t value_budget_;
  const bool omit_empty_;
};

// Flattens a template to steps: constant bytes gather in front of the next value.
class Flattener {
 public:
  explicit Flattener(bool omit_empty) : omit_empty_(omit_empty) {}

  absl::Status Add(const Json& node, const std::string& path, int depth, bool is_member) {
    if (depth > kMaxDepth) return Error(path, absl::StrCat("nested deeper than ", kMaxDepth));
    if (node.is_object()) return AddObject(node, path, depth);
    if (node.is_array()) return AddArray(node, path, depth);
    if (node.is_string()) return AddFormat(node.get_ref<const std::string&>(), path, is_member);
    pending_.append(node.dump());
    return absl::OkStatus();
  }

  std::vector<Step> Take() && {
    EndStep();
    return std::move(steps_);
  }

 private:
  static absl::Status Error(std::string_view path, std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("json format", path.empty() ? "" : " at \"",
                                                   path, path.empty() ? "" : "\"", ": ", what));
  }

  void EndStep() {
    if (!pending_.empty()) steps_.push_back({.before = std::exchange(pending_, {})});
  }

  absl::Status AddObject(const Json& node, const std::string& path, int depth) {
    pending_.push_back('{');
    bool first = true;
    for (const auto& [key, value] : node.items()) {
      // A step of its own, so that it can see what stands in front of it.
      if (omit_empty_) EndStep();
      pending_.append(first ? "\"" : ",\"");
      first = false;
      AppendJsonEscaped(key, SIZE_MAX, pending_);
      pending_.append("\":");
      SLUICE_RETURN_IF_ERROR(
          Add(value, path.empty() ? key : absl::StrCat(path, ".", key), depth + 1, true));
    }
    if (omit_empty_) EndStep();
    pending_.push_back('}');
    return absl::OkStatus();
  }

  absl::Status AddArray(const Json& node, const std::string& path, int depth) {
    pending_.push_back('[');
    for (size_t i = 0; i < node.size(); ++i) {
      if (i > 0) pending_.push_back(',');
      SLUICE_RETURN_IF_ERROR(Add(node[i], absl::StrCat(path, "[", i, "]"), depth + 1, false));
    }
    pending_.push_back(']');
    return absl::OkStatus();
  }

  absl::Status AddFormat(const std::string& format, const std::string& path, bool is_member) {
    absl::StatusOr<FormatPieces> pieces = ParseFormatPieces(format);
    if (!pieces.ok()) return Error(path, pieces.status().message());
    const bool literal =
        pieces->empty() || (pieces->size() == 1 && pieces->front().op == Operator::kLiteral);
    if (literal) {
      pending_.push_back('"');
      if (!pieces->empty()) AppendJsonEscaped(pieces->front().literal, SIZE_MAX, pending_);
      pending_.push_back('"');
      return absl::OkStatus();
    }
    for (FormatPiece& piece : *pieces) {
      if (piece.op != Operator::kLiteral) continue;
      std::string escaped;
      AppendJsonEscaped(piece.literal, SIZE_MAX, escaped);
      piece.literal = std::move(escaped);
    }
    const bool typed = pieces->size() == 1;
    steps_.push_back({std::exchange(pending_, {}), *std::move(pieces), typed,
                      typed && is_member && omit_empty_});
    return absl::OkStatus();
  }

  const bool omit_empty_;
  std::string pending_;
  std::vector<Step> steps_;
};

size_t ConstantBytes(const std::vector<Step>& steps) {
  size_t bytes = 1;
  for (const Step& step : steps) {
    bytes += step.before.size();
    for (const FormatPiece& piece : step.pieces) {
      bytes += piece.op == Operator::kLiteral ? piece.literal.size() : 2 + kSmallValueBytes;
    }
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const LogFormat>> CompileJsonLine(std::string_view json_template,
                                                                 bool omit_empty) {
  const Json node = Json::parse(json_template, nullptr, /*allow_exceptions=*/false);
  if (!node.is_object()) return absl::InvalidArgumentError("json format: is no JSON object");
  Flattener flattener(omit_empty);
  SLUICE_RETURN_IF_ERROR(flattener.Add(node, "", 0, false));
  std::vector<Step> steps = std::move(flattener).Take();
  const size_t constant = ConstantBytes(steps);
  if (constant > kMaxConstantBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "json format of ", constant, " bytes is too long for a line of ", kMaxLineBytes));
  }
  return std::make_unique<const JsonLine>(std::move(steps), kMaxLineBytes - constant, omit_empty);
}

}  // namespace sluice::telemetry
