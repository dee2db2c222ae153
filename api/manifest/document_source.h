// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/manifest/node.h"
#include "api/manifest/read_limits.h"

namespace sluice::manifest {

// Takes what a source finds. Both answer false to stop the source.
struct DocumentHandler {
  // One document; the tree dies after the call.
  std::function<bool(const Node& root)> on_document;
  // What is wrong with the text itself; the rest of the current text is skipped.
  std::function<bool(int line, std::string reason)> on_error;
};

// Reads all documents in `text`, whose first line is line `first_line` of the file.
//
// YAML: the door to libyaml. Refuses anchors, aliases, merge keys and tags.
void ReadYaml(std::string_view text, int first_line, const ReadLimits& limits,
              const DocumentHandler& handler);

// JSON: the door to nlohmann's SAX parser. Values may follow each other.
void ReadJson(std::string_view text, int first_line, const ReadLimits& limits,
              const DocumentHandler& handler);

}  // namespace sluice::manifest
