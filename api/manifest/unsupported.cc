// SPDX-License-Identifier: Apache-2.0
#include "api/manifest/unsupported.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "api/manifest/scalar_reader.h"

namespace sluice::manifest {
namespace {

using Field = google::protobuf::FieldDescriptor;

void Walk(const google::protobuf::Message& message, const std::string& path, const Object& object,
          std::vector<Problem>& out) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  std::vector<const Field*> fields;
  reflection->ListFields(message, &fields);
  for (const Field* field : fields) {
    const std::string at = absl::StrCat(path, path.empty() ? "" : ".", field->json_name());
    if (const std::string& reason = RulesOf(field).unsupported(); !reason.empty()) {
      const int line = object.fields == nullptr ? 0 : object.fields->LineOf(at);
      out.push_back({.origin = {.file = object.origin.file, .line = line},
                     .resource = object.key.ToString(),
                     .field_path = at,
                     .reason = absl::StrCat(reason, ".")});
      continue;
    }
    if (field->cpp_type() != Field::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) {
      Walk(reflection->GetMessage(message, field), at, object, out);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      Walk(reflection->GetRepeatedMessage(message, field, i), absl::StrCat(at, "[", i, "]"), object,
           out);
    }
  }
}

}  // namespace

std::vector<Problem> FindUnsupported(const Object& object) {
  std::vector<Problem> out;
  Walk(*object.body, "", object, out);
  return out;
}

}  // namespace sluice::manifest
