// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/manifest.h"

#include <array>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/manifest/document_source.h"
#include "api/manifest/document_splitter.h"
#include "api/manifest/kinds.h"
#include "api/manifest/message_reader.h"
#include "api/manifest/metadata.h"
#include "api/manifest/problem_list.h"
#include "api/manifest/validate/findings.h"
#include "api/manifest/validate/validate.h"
#include "k8s/meta.pb.h"
#include "k8s/secret.pb.h"

namespace sluice::manifest {
namespace {

constexpr std::array<std::string_view, 2> kTypeMeta = {"apiVersion", "kind"};

std::string_view TextOf(const Node* node) {
  return node != nullptr && node->type == NodeType::kString ? node->text : std::string_view();
}

// As the API server does: what is stored has one place for a value.
void MoveStringData(k8s::Secret* secret) {
  for (const auto& [key, value] : secret->string_data()) (*secret->mutable_data())[key] = value;
  secret->clear_string_data();
}

class StreamReader {
 public:
  StreamReader(std::string file, const ParseOptions& options)
      : options_(options), problems_(std::move(file), options.limits.max_problems) {}

  void ReadStream(std::string_view text) {
    if (text.size() > options_.limits.max_stream_bytes) {
      problems_.Add(0, "",
                    absl::StrCat("holds ", text.size(), " bytes; at most ",
                                 options_.limits.max_stream_bytes, " are read at once."));
      return;
    }
    const size_t max_documents = options_.limits.max_documents;
    const std::vector<Chunk> chunks = SplitDocuments(text, max_documents + 1);
    // Empty ones count too: each costs a parser.
    if (chunks.size() > max_documents) {
      problems_.Add(chunks.back().first_line, "",
                    absl::StrCat("there are more than ", max_documents, " documents."));
      return;
    }
    for (const Chunk& chunk : chunks) {
      if (stopped_ || problems_.full()) return;
      ReadChunk(chunk);
    }
  }

  ParseResult Take() { return {std::move(objects_), problems_.Take()}; }

 private:
  void ReadChunk(const Chunk& chunk) {
    problems_.StartResource("");
    if (chunk.text.size() > options_.limits.max_document_bytes) {
      problems_.Add(chunk.first_line, "",
                    absl::StrCat("the document holds ", chunk.text.size(), " bytes; at most ",
                                 options_.limits.max_document_bytes, " are read."));
      return;
    }
    const DocumentHandler handler = {.on_document =
                                         [this](const Node& root) {
                                           ReadDocument(root, /*may_be_list=*/true);
                                           return !stopped_ && !problems_.full();
                                         },
                                     .on_error =
                                         [this](int line, std::string reason) {
                                           problems_.StartResource("");
                                           problems_.Add(line, "", std::move(reason));
                                           return false;
                                         }};
    const bool is_json = absl::StartsWith(absl::StripLeadingAsciiWhitespace(chunk.text), "{");
    (is_json ? ReadJson : ReadYaml)(chunk.text, chunk.first_line, options_.limits, handler);
  }

  void ReadDocument(const Node& root, bool may_be_list) {
    problems_.StartResource("");
    const std::string_view kind = TextOf(root.Find("kind"));
    if (may_be_list && kind == "List") return ReadItems(root);
    if (++documents_ > options_.limits.max_documents) {
      problems_.Add(
          root.line, "",
          absl::StrCat("there are more than ", options_.limits.max_documents, " objects."));
      stopped_ = true;
      return;
    }
    if (root.type == NodeType::kNull) return;  // nothing between two markers
    if (root.type != NodeType::kMap) {
      problems_.Add(root.line, "",
                    absl::StrCat("a manifest must be a mapping, not ", NameOf(root.type), "."));
      return;
    }
    if (!HasTypeMeta(root)) return;
    const std::string_view api_version = TextOf(root.Find("apiVersion"));
    const KindInfo* info = FindKind(api_version, kind);
    if (info == nullptr) {
      const bool known = FindKindByName(kind) != nullptr;
      problems_.Add(root.Find(known ? "apiVersion" : "kind")->line, known ? "apiVersion" : "kind",
                    ExplainUnknownKind(api_version, kind));
      return;
    }
    ReadObject(root, *info);
  }

  bool HasTypeMeta(const Node& root) {
    bool has = true;
    for (const std::string_view name : kTypeMeta) {
      const Node* node = root.Find(name);
      if (!TextOf(node).empty()) continue;
      has = false;
      if (node == nullptr || node->type == NodeType::kNull) {
        problems_.Add(root.line, name, "is required.");
      } else {
        problems_.Add(node->line, name, "must be a string that is not empty.");
      }
    }
    return has;
  }

  void ReadItems(const Node& root) {
    if (const Node* version = root.Find("apiVersion"); TextOf(version) != "v1") {
      problems_.Add(version == nullptr ? root.line : version->line, "apiVersion",
                    "of a List must be \"v1\".");
      return;
    }
    for (const Node* child = root.first_child; child != nullptr; child = child->next) {
      if (child->key != "items" && child->key != "metadata" && child->key != "kind" &&
          child->key != "apiVersion") {
        problems_.Add(child->key_line, child->key, "is not a known field of a List.");
      }
    }
    const Node* items = root.Find("items");
    if (items == nullptr || items->type == NodeType::kNull) return;
    if (items->type != NodeType::kList) {
      problems_.Add(items->line, "items",
                    absl::StrCat("must be a list, not ", NameOf(items->type), "."));
      return;
    }
    for (const Node* item = items->first_child; item != nullptr; item = item->next) {
      if (stopped_ || problems_.full()) return;
      ReadDocument(*item, /*may_be_list=*/false);
    }
  }

  void ReadObject(const Node& root, const KindInfo& info) {
    const Node* metadata = root.Find("metadata");
    ObjectKey key{.kind = std::string(info.kind), .ns = "", .name = ""};
    if (metadata != nullptr) {
      key.name = std::string(TextOf(metadata->Find("name")));
      key.ns = std::string(TextOf(metadata->Find("namespace")));
    }
    if (!info.namespaced) {
      key.ns.clear();
    } else if (key.ns.empty()) {
      key.ns = options_.default_namespace;
    }
    problems_.StartResource(key.ToString());

    std::shared_ptr<google::protobuf::Message> body(info.prototype->New());
    auto fields = std::make_shared<FieldOrigins>();
    MessageReader(UnknownFor(info), problems_, *fields).Read(root, kTypeMeta, body.get());
    fields->Sort();

    if (k8s::ObjectMeta* meta = MutableMetadata(body.get()); meta != nullptr) {
      if (info.namespaced) {
        meta->set_namespace_(key.ns);
      } else if (!meta->namespace_().empty()) {
        problems_.Add(fields->LineOf("metadata.namespace"), "metadata.namespace",
                      absl::StrCat("must be absent: ", info.kind, " has no namespace."));
      }
    }
    if (info.prototype == &k8s::Secret::default_instance()) {
      MoveStringData(static_cast<k8s::Secret*>(body.get()));
    }
    Findings findings(problems_, *fields);
    Validate(*body, findings);
    CheckUnique(key, root.line);
    if (!problems_.resource_is_clean()) return;
    objects_.push_back({.key = std::move(key),
                        .body = std::move(body),
                        .origin = {.file = problems_.file(), .line = root.line},
                        .fields = std::move(fields)});
  }

  UnknownFields UnknownFor(const KindInfo& info) const {
    if (options_.strict) return UnknownFields::kRefuse;
    return info.core ? UnknownFields::kSkip : UnknownFields::kSkipInMetadata;
  }

  void CheckUnique(const ObjectKey& key, int line) {
    if (key.name.empty()) return;  // already told
    const auto [first, is_new] = first_lines_.emplace(key, line);
    if (is_new) return;
    problems_.Add(line, "",
                  absl::StrCat("is given twice; the first begins in line ", first->second, "."));
  }

  const ParseOptions& options_;
  ProblemList problems_;
  std::vector<Object> objects_;
  absl::flat_hash_map<ObjectKey, int> first_lines_;
  size_t documents_ = 0;
  bool stopped_ = false;
};

}  // namespace

ParseResult ParseManifests(std::string_view text, std::string file, const ParseOptions& options) {
  StreamReader reader(std::move(file), options);
  reader.ReadStream(text);
  return reader.Take();
}

std::vector<Problem> ParseJsonMessage(std::string_view json, const ParseOptions& options,
                                      google::protobuf::Message* message) {
  ProblemList problems("", options.limits.max_problems);
  if (json.size() > options.limits.max_document_bytes) {
    problems.Add(0, "",
                 absl::StrCat("holds ", json.size(), " bytes; at most ",
                              options.limits.max_document_bytes, " are read."));
    return problems.Take();
  }
  FieldOrigins origins;
  int documents = 0;
  const auto on_error = [&](int line, std::string reason) {
    problems.Add(line, "", std::move(reason));
    return false;
  };
  const auto on_document = [&](const Node& root) {
    if (++documents > 1) return on_error(root.line, "must be one value, not more.");
    const UnknownFields unknown =
        options.strict ? UnknownFields::kRefuse : UnknownFields::kSkipInMetadata;
    MessageReader(unknown, problems, origins).Read(root, {}, message);
    return true;
  };
  ReadJson(json, 1, options.limits, {.on_document = on_document, .on_error = on_error});
  if (documents == 0 && problems.resource_is_clean()) problems.Add(0, "", "is empty.");
  return problems.Take();
}

}  // namespace sluice::manifest
