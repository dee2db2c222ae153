// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::config {

// One access log: where lines go and what they say.
struct AccessLog {
  enum class Sink : uint8_t { kFile, kStdout, kStderr };
  Sink sink = Sink::kStdout;
  std::string path;  // Of kFile.

  // Envoy's format operators, as a line of text or as a JSON object, nested or not, whose string
  // leaves are formats.
  enum class Format : uint8_t { kText, kJson };
  Format format = Format::kText;
  std::string text;           // Empty: Envoy's default line.
  std::string json_template;  // The JSON struct, serialized, string leaves are formats.
  bool omit_empty = false;    // A missing value is left out; else it is "-", or null in JSON.

  // Logged only if the status is in [min_status, max_status]; 0 is that of no response.
  uint16_t min_status = 0;
  uint16_t max_status = 999;
};

}  // namespace sluice::config
