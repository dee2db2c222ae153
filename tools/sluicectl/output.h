// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "tools/sluicectl/command_line.h"

namespace sluice::sluicectl {

enum class Format { kTable, kYaml, kJson };

// What -o says; nothing, once it is told, for a format that is not known.
std::optional<Format> ReadFormat(const Invocation& invocation, Streams& streams);

// A text for a terminal: control characters are blanks. What a proxy says of itself or of what it
// refused comes from whoever runs it, and must not move the cursor of whoever reads it.
std::string Printable(std::string_view text);

// Columns as wide as their widest cell; cells are made Printable.
void PrintTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows, std::ostream& out);

// Any JSON value as YAML, in the order of its members; or indented, as JSON.
std::string JsonToYaml(const std::string& json);
std::string IndentJson(const std::string& json);

// A response as its API has it.
std::string MessageAsJson(const google::protobuf::Message& message);

// Prints one JSON value in a format that is not kTable.
void PrintValue(const std::string& json, Format format, std::ostream& out);

}  // namespace sluice::sluicectl
