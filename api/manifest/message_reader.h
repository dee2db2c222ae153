// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/manifest/node.h"
#include "api/manifest/origin.h"
#include "api/manifest/problem_list.h"
#include "google/protobuf/message.h"

namespace sluice::manifest {

// What a MessageReader skips without a word.
enum class UnknownFields {
  kRefuse,
  kSkipInMetadata,  // and refuse elsewhere
  kSkip,
};

// A MessageReader fills one message from a document by reflection: names, types and the rules that
// stand on the fields (sluice.api.rules). It knows no kind; what a rule on one field cannot say is
// the business of validate/.
//
// A field is looked up by its JSON name alone: the proto spelling is not Kubernetes'. Null counts
// as absent.
//
// Thread:   one.
// Lifetime: `problems` and `origins` outlive it.
// Errors:   into `problems`, each with path and line; reading goes on behind the bad value.
// Limits:   recursion is bounded by the tree's depth.
class MessageReader {
 public:
  MessageReader(UnknownFields unknown, ProblemList& problems, FieldOrigins& origins)
      : unknown_(unknown), problems_(problems), origins_(origins) {}

  // `also_known` are members of the outermost mapping that are not fields of the message.
  void Read(const Node& node, std::span<const std::string_view> also_known,
            google::protobuf::Message* message);

 private:
  using Field = google::protobuf::FieldDescriptor;
  class PathStep;

  void ReadMessage(const Node& node, std::span<const std::string_view> also_known,
                   google::protobuf::Message* message);
  void ReadMembers(const Node& node, std::span<const std::string_view> also_known,
                   google::protobuf::Message* message);
  void ReadField(const Node& node, const Field* field, google::protobuf::Message* message);
  void ReadSingular(const Node& node, const Field* field, google::protobuf::Message* message);
  void ReadList(const Node& node, const Field* field, google::protobuf::Message* message);
  void ReadMap(const Node& node, const Field* field, google::protobuf::Message* message);
  void ReportUnknown(const Node& node, std::span<const std::string_view> also_known,
                     const google::protobuf::Descriptor* type);
  bool SkipsUnknown() const;
  void Report(int line, std::string reason) { problems_.Add(line, path_, std::move(reason)); }

  const UnknownFields unknown_;
  ProblemList& problems_;
  FieldOrigins& origins_;
  std::string path_;
};

}  // namespace sluice::manifest
