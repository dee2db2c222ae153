// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/manifest/object.h"
#include "api/manifest/origin.h"
#include "api/manifest/read_limits.h"
#include "google/protobuf/message.h"

namespace sluice::manifest {

struct ParseOptions {
  // False is for objects that a Kubernetes API server sends: unknown fields are skipped in
  // metadata and in core kinds (a newer cluster has fields that we have no use for).
  bool strict = true;
  // For namespaced objects that name none.
  std::string default_namespace = "default";
  ReadLimits limits;
};

struct ParseResult {
  std::vector<Object> objects;
  std::vector<Problem> problems;

  bool ok() const { return problems.empty(); }
};

// Reads manifests: every document of a YAML stream, or JSON objects one after the other, or a
// `kind: List` of either. A document that begins with "{" is JSON.
//
// YAML is the 1.2 core schema (`yes` and `on` are strings) without anchors, aliases, merge keys
// and tags, which make a file's size say nothing about its meaning's. After a syntax error reading
// goes on at the next "---".
//
// All problems of the stream are returned, in the order of its lines within each document; an
// object that has one is not among `objects`. Two objects of one key in a stream are a problem.
//
// Thread:   safe from any; no state.
// Errors:   in the result; nothing that `text` holds can trip an assertion.
// Limits:   options.limits; memory is some 80 bytes a node on top of the text and the objects.
ParseResult ParseManifests(std::string_view text, std::string file, const ParseOptions& options);

// Reads one JSON value into one message by the same rules as part of a manifest, as the registry
// needs for status. Returns all problems; paths are relative to `message`.
std::vector<Problem> ParseJsonMessage(std::string_view json, const ParseOptions& options,
                                      google::protobuf::Message* message);

}  // namespace sluice::manifest
