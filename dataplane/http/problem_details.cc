// SPDX-License-Identifier: Apache-2.0
#include "dataplane/http/problem_details.h"

#include "dataplane/http/syntax.h"

namespace sluice::http {
namespace {

void AppendJsonString(std::string_view s, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out += '"';
  for (const char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

std::string ProblemDetails(uint16_t status, std::string_view detail, std::string_view reason) {
  std::string out = R"({"type":"about:blank","title":)";
  AppendJsonString(ReasonPhrase(status), out);
  out += ",\"status\":" + std::to_string(status);
  if (!detail.empty()) {
    out += ",\"detail\":";
    AppendJsonString(detail, out);
  }
  if (!reason.empty()) {
    out += ",\"reason\":";
    AppendJsonString(reason, out);
  }
  out += "}\n";
  return out;
}

}  // namespace sluice::http
