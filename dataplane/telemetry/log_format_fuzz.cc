// SPDX-License-Identifier: Apache-2.0
//
// Whatever format a policy asks for, compiling it ends in an error or in a format whose lines are
// one line each and within the bound, and JSON where JSON was asked for. The first byte chooses the
// kind; a client's header stands in the entry with bytes of the input.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/log/check.h"
#include "dataplane/telemetry/access_log.h"
#include "dataplane/telemetry/sample_entry.h"
#include "dataplane/telemetry/text_format.h"

namespace sluice::telemetry {
namespace {

void Run(uint8_t choice, std::string_view bytes) {
  SampleEntry sample;
  sample.request.headers.Set("user-agent", bytes);
  if (auto text = TextFormat::Compile(bytes); text.ok()) {
    std::string out;
    (*text)->Append(sample.entry(), "-", out);
  }
  config::AccessLog log;
  log.omit_empty = (choice & 2) != 0;
  const bool json = (choice & 1) != 0;
  log.format = json ? config::AccessLog::Format::kJson : config::AccessLog::Format::kText;
  (json ? log.json_template : log.text) = bytes;
  auto format = LogFormat::Compile(log);
  if (!format.ok()) return;
  std::string line;
  (*format)->Append(sample.entry(), line);
  CHECK(line.ends_with('\n'));
  if (!json) return;
  CHECK_EQ(line.find('\n'), line.size() - 1);
  CHECK(nlohmann::json::accept(line)) << line;
}

}  // namespace
}  // namespace sluice::telemetry

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  sluice::telemetry::Run(data[0], {reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
