// SPDX-License-Identifier: Apache-2.0
//
// Each <case>.in.yaml of testdata/ holds objects; <case>.out.yaml holds what the pipeline makes of
// them: conditions by object, then resources by Gateway and type. A case shows one thing.
// The flag --update rewrites the outputs in the source tree:
//   bazel run //controlplane/translate/pipeline:golden_test -- --update
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "api/envoy/types.h"
#include "controlplane/translate/pipeline/offline_for_test.h"
#include "controlplane/translate/pipeline/pipeline.h"
#include "controlplane/xdsserver/type_urls.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "gtest/gtest.h"

namespace sluice::translate {
namespace {

bool g_update = false;

std::filesystem::path Folder() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::filesystem::path inside = "controlplane/translate/pipeline/testdata";
  return workspace != nullptr ? workspace / inside : inside;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string_view StatusName(resolve::Condition::Status status) {
  switch (status) {
    case resolve::Condition::Status::kTrue:
      return "True";
    case resolve::Condition::Status::kFalse:
      return "False";
    case resolve::Condition::Status::kUnknown:
      return "Unknown";
  }
}

void WriteConditions(const std::vector<resolve::Condition>& conditions, std::string_view indent,
                     std::string& out) {
  for (const resolve::Condition& condition : conditions) {
    absl::StrAppend(&out, indent, "- ", condition.type, ": ", StatusName(condition.status), ", ",
                    condition.reason);
    if (!condition.message.empty()) absl::StrAppend(&out, ", \"", condition.message, "\"");
    out += "\n";
  }
}

std::string WriteVerdicts(const resolve::Verdicts& verdicts) {
  std::string out = "verdicts:\n";
  for (const auto& [key, verdict] : verdicts) {
    absl::StrAppend(&out, "  ", key.ToString(), ":\n");
    WriteConditions(verdict.conditions, "  ", out);
    for (const resolve::ListenerVerdict& listener : verdict.listeners) {
      absl::StrAppend(&out, "  - listener ", listener.name, ", attached ", listener.attached_routes,
                      ", kinds [", absl::StrJoin(listener.supported_kinds, ", "), "]:\n");
      WriteConditions(listener.conditions, "    ", out);
    }
    for (const resolve::ParentVerdict& parent : verdict.parents) {
      absl::StrAppend(&out, "  - parent ", parent.parent.ToString(),
                      parent.section.empty() ? "" : " section " + parent.section,
                      parent.port == 0 ? "" : absl::StrCat(" port ", parent.port), ":\n");
      WriteConditions(parent.conditions, "    ", out);
    }
  }
  return out;
}

// From the bytes themselves, whose map entries are sorted, those within an Any too; a message that
// was parsed from them would give them in any order.
std::string ToJsonText(const std::string& type_url, const std::string& bytes) {
  static google::protobuf::util::TypeResolver* const kTypes =
      google::protobuf::util::NewTypeResolverForDescriptorPool(
          "type.googleapis.com", google::protobuf::DescriptorPool::generated_pool());
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status =
      google::protobuf::util::BinaryToJsonString(kTypes, type_url, bytes, &json, options);
  EXPECT_TRUE(status.ok()) << type_url << ": " << status.message();
  return json;
}

std::string WriteResources(const GatewayOutput& output) {
  std::string out;
  for (const auto& [type_url, resources] : output.resources.types()) {
    std::map<std::string, std::string> by_name;
    resources.ForEach([&](const xdsserver::ResourcePtr& resource) {
      by_name[resource->name] = ToJsonText(type_url, *resource->value);
    });
    for (const auto& [name, json] : by_name) {
      absl::StrAppend(&out, "  ", type_url.substr(type_url.rfind('.') + 1), " ", name, ":\n");
      for (std::string_view line : absl::StrSplit(absl::StripAsciiWhitespace(json), '\n')) {
        absl::StrAppend(&out, "    ", line, "\n");
      }
    }
  }
  return out;
}

std::string Write(const Pipeline& pipeline) {
  std::string out = WriteVerdicts(pipeline.verdicts());
  for (const auto& [key, output] : pipeline.gateways()) {
    absl::StrAppend(&out, key.ToString(), ":\n", WriteResources(*output));
  }
  return out;
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, IsAsWritten) {
  const std::filesystem::path in = Folder() / (GetParam() + ".in.yaml");
  const std::filesystem::path out = Folder() / (GetParam() + ".out.yaml");
  Pipeline pipeline(KeyPairCheckForTest);
  const auto set = SetForTest(ObjectsForTest(ReadFile(in)));
  pipeline.Apply(set, store::DiffOf({}, *set));
  const std::string written = Write(pipeline);
  if (g_update) std::ofstream(out) << written;
  EXPECT_EQ(written, ReadFile(out));
}

// The objects come one by one in a random order, some of them twice: the end is the same.
TEST_P(GoldenTest, DoesNotDependOnTheOrderOfArrival) {
  std::vector<manifest::Object> objects =
      ObjectsForTest(ReadFile(Folder() / (GetParam() + ".in.yaml")));
  const auto all = SetForTest(objects);
  Pipeline expected(KeyPairCheckForTest);
  expected.Apply(all, store::DiffOf({}, *all));
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(objects.begin(), objects.end(), random);
    Pipeline pipeline(KeyPairCheckForTest);
    auto now = std::make_shared<const store::ObjectSet>();
    const auto apply = [&](std::shared_ptr<const store::ObjectSet> next) {
      const store::Delta delta = store::DiffOf(*now, *next);
      now = next;
      pipeline.Apply(std::move(next), delta);
    };
    for (const manifest::Object& object : objects) {
      apply(SetForTest({object}, *now));
      if (random() % 3 != 0) continue;
      store::ObjectSetBuilder without(*now);
      without.Delete(object.key);
      apply(std::move(without).Build());
      apply(SetForTest({object}, *now));
    }
    EXPECT_EQ(Write(pipeline), Write(expected)) << "round " << round;
    for (const auto& [key, output] : expected.gateways()) {
      EXPECT_EQ(pipeline.gateways().at(key)->resources.Version(), output->resources.Version());
    }
  }
}

std::vector<std::string> Cases() {
  std::vector<std::string> cases;
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    std::string name = entry.path().filename();
    if (absl::EndsWith(name, ".in.yaml")) cases.push_back(name.substr(0, name.size() - 8));
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Case, GoldenTest, testing::ValuesIn(Cases()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace sluice::translate

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--update") sluice::translate::g_update = true;
  }
  sluice::envoy_api::TypePerFile();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
