// SPDX-License-Identifier: Apache-2.0
//
// Any bytes may be read; and whatever is read must survive being written and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/log/check.h"
#include "api/manifest/defaults.h"
#include "api/manifest/manifest.h"
#include "api/manifest/unsupported.h"
#include "api/manifest/writer.h"

namespace sluice::manifest {
namespace {

void CheckRoundTrip(const Object& object) {
  const std::string json = ToJson(object);
  for (const std::string& text : {json, ToYaml(object)}) {
    const ParseResult again = ParseManifests(text, "", {});
    CHECK(again.ok()) << again.problems[0].ToString() << "\n" << text;
    CHECK_EQ(again.objects.size(), 1u);
    CHECK_EQ(ToJson(again.objects[0]), json);
  }
}

void ReadAndWrite(std::string_view text) {
  for (const bool strict : {true, false}) {
    const ParseResult result =
        ParseManifests(text, "f", {.strict = strict, .default_namespace = "default", .limits = {}});
    for (const Problem& problem : result.problems) CHECK(!problem.ToString().empty());
    for (const Object& object : result.objects) {
      CheckRoundTrip(object);
      FindUnsupported(object);
      std::unique_ptr<google::protobuf::Message> copy(object.body->New());
      copy->CopyFrom(*object.body);
      FillDefaults(copy.get());
    }
  }
}

}  // namespace
}  // namespace sluice::manifest

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::manifest::ReadAndWrite({reinterpret_cast<const char*>(data), size});
  return 0;
}
