// SPDX-License-Identifier: Apache-2.0
#include "tools/sluicectl/output.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::sluicectl {
namespace {

using Json = nlohmann::ordered_json;

// True if YAML reads the bare word as the string that it is. What begins like a number may be one,
// and the few words that may be something else are quoted whatever their case.
bool IsPlain(std::string_view text) {
  if (text.empty() || text.size() > 128 || !absl::ascii_isalpha(text[0])) return false;
  for (const std::string_view word :
       {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
    if (absl::EqualsIgnoreCase(text, word)) return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

std::string Scalar(const Json& value) {
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  // A JSON string is a YAML string; so are numbers, true, false, null, [] and {}.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Write(const Json& value, int indent, std::string& out);

void WriteMembers(const Json& map, int indent, bool is_after_dash, std::string& out) {
  bool is_first = is_after_dash;
  for (const auto& [key, value] : map.items()) {
    if (!is_first) out.append(indent, ' ');
    is_first = false;
    out += Scalar(Json(key)) + ":";
    Write(value, indent, out);
  }
}

// Writes what stands after "key:".
void Write(const Json& value, int indent, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += " " + Scalar(value) + "\n";
    return;
  }
  out += "\n";
  if (value.is_object()) {
    WriteMembers(value, indent + 2, false, out);
    return;
  }
  for (const Json& item : value) {
    out.append(indent, ' ');
    if (item.is_object() && !item.empty()) {
      out += "- ";
      WriteMembers(item, indent + 2, true, out);
    } else {
      out += "-";
      Write(item, indent + 2, out);
    }
  }
}

}  // namespace

std::optional<Format> ReadFormat(const Invocation& invocation, Streams& streams) {
  const std::string name = invocation.Get("output", "table");
  if (name == "table") return Format::kTable;
  if (name == "yaml") return Format::kYaml;
  if (name == "json") return Format::kJson;
  streams.err << "sluicectl: --output " << name << ": must be table, yaml or json\n";
  return std::nullopt;
}

std::string Printable(std::string_view text) {
  std::string out(text);
  const auto byte = [&out](size_t at) {
    return at < out.size() ? static_cast<unsigned char>(out[at]) : 0;
  };
  for (size_t i = 0; i < out.size(); ++i) {
    // U+0080 to U+009F are control characters too: two bytes in UTF-8.
    const bool is_c1 = byte(i) == 0xc2 && byte(i + 1) >= 0x80 && byte(i + 1) < 0xa0;
    if (is_c1) out[i + 1] = ' ';
    if (is_c1 || byte(i) < 0x20 || byte(i) == 0x7f) out[i] = ' ';
  }
  return out;
}

void PrintTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows, std::ostream& out) {
  std::vector<size_t> widths;
  for (const std::string& cell : header) widths.push_back(cell.size());
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string cell = Printable(row[i]);
      if (i + 1 < row.size()) cell.resize(widths[i] + 3, ' ');
      line += cell;
    }
    out << absl::StripTrailingAsciiWhitespace(line) << "\n";
  };
  print(header);
  for (const std::vector<std::string>& row : rows) print(row);
}

std::string JsonToYaml(const std::string& json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return json;
  std::string out;
  if (value.is_object() && !value.empty()) {
    WriteMembers(value, 0, false, out);
  } else if (value.is_array() && !value.empty()) {
    Write(value, 0, out);
    out.erase(0, 1);
  } else {
    out = Scalar(value) + "\n";
  }
  return out;
}

std::string IndentJson(const std::string& json) {
  const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return json;
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string MessageAsJson(const google::protobuf::Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) return "{}";
  return json;
}

void PrintValue(const std::string& json, Format format, std::ostream& out) {
  out << (format == Format::kYaml ? JsonToYaml(json) : IndentJson(json));
}

}  // namespace sluice::sluicectl
