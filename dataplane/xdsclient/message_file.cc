// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdsclient/message_file.h"

#include <google/protobuf/text_format.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/envoy/types.h"
#include "api/manifest/document_source.h"
#include "api/manifest/node.h"
#include "api/manifest/value_sink.h"
#include "base/read_file.h"
#include "base/status_macros.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::xdsclient {
namespace {

void Write(const manifest::Node& node, manifest::JsonSink& out) {
  switch (node.type) {
    case manifest::NodeType::kNull:
      return out.Bare("null");
    case manifest::NodeType::kBool:
    case manifest::NodeType::kInt:
      return out.Bare(node.text);
    case manifest::NodeType::kFloat:
      // YAML writes more forms than JSON reads (".5"); protobuf takes numbers as strings too.
    case manifest::NodeType::kString:
      return out.Text(node.text);
    case manifest::NodeType::kMap:
    case manifest::NodeType::kList:
      break;
  }
  const bool empty = node.first_child == nullptr;
  const bool map = node.type == manifest::NodeType::kMap;
  if (map) {
    out.StartMap(empty);
  } else {
    out.StartList(empty);
  }
  for (const manifest::Node* child = node.first_child; child != nullptr; child = child->next) {
    if (map) out.Key(child->key);
    Write(*child, out);
  }
  out.End();
}

// Keeps every message that a typed_config may name in the program.
void LinkTypes() {
  static const auto* const kTypes =
      new std::vector<const google::protobuf::Descriptor*>(envoy_api::TypePerFile());
  (void)kTypes;
}

}  // namespace

absl::Status ParseMessage(std::string_view text, const std::string& file,
                          google::protobuf::Message& message) {
  std::string json;
  std::string problem;
  int documents = 0;
  const manifest::ReadLimits limits;
  if (text.size() > limits.max_stream_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(file, " is larger than 16 MiB"));
  }
  manifest::DocumentHandler handler;
  handler.on_document = [&](const manifest::Node& root) {
    ++documents;
    manifest::JsonSink sink;
    Write(root, sink);
    json = sink.Take();
    return documents < 2;
  };
  handler.on_error = [&](int line, std::string reason) {
    problem = absl::StrCat(file, ":", line, ": ", reason);
    return false;
  };
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '{') {
    manifest::ReadJson(text, 1, limits, handler);
  } else {
    manifest::ReadYaml(text, 1, limits, handler);
  }
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  if (documents != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": wants one document; there are ", documents));
  }
  LinkTypes();
  const google::protobuf::util::Status status =
      google::protobuf::util::JsonStringToMessage(json, &message);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": ", std::string(status.message().data(), status.message().size())));
  }
  return absl::OkStatus();
}

absl::Status ReadMessageFile(const std::string& file, google::protobuf::Message& message) {
  SLUICE_ASSIGN_OR_RETURN(const std::string text,
                          base::ReadFile(file, manifest::ReadLimits().max_stream_bytes));
  const bool bytes = absl::EndsWith(file, ".pb");
  if (!bytes && !absl::EndsWith(file, ".pb_text")) return ParseMessage(text, file, message);
  LinkTypes();
  const bool parsed = bytes ? message.ParseFromString(text)
                            : google::protobuf::TextFormat::ParseFromString(text, &message);
  if (parsed) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(file, ": is no ", message.GetDescriptor()->full_name()));
}

}  // namespace sluice::xdsclient
