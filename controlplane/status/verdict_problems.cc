// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/verdict_problems.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace sluice::status {
namespace {

// Routes say parentRefs, policies targetRefs.
std::string_view RefsField(const google::protobuf::Message& body) {
  const auto* spec = body.GetDescriptor()->FindFieldByName("spec");
  const bool is_route =
      spec != nullptr && spec->message_type()->FindFieldByName("parent_refs") != nullptr;
  return is_route ? "parentRefs" : "targetRefs";
}

class Collector {
 public:
  Collector(const manifest::Object& object, std::vector<manifest::Problem>* problems)
      : object_(object), problems_(problems) {}

  void Add(const std::string& path, const std::vector<resolve::Condition>& conditions) {
    for (const resolve::Condition& condition : conditions) {
      // FindUnsupported names these fields one by one.
      if (resolve::IsGood(condition) || condition.type == "sluice.dev/FieldsIgnored") continue;
      std::string reason = absl::StrCat(condition.reason, ": ", condition.message);
      // One cause often makes several conditions.
      if (!said_.emplace(path, reason).second) continue;
      manifest::Problem problem;
      problem.origin = object_.origin;
      const int line = object_.fields == nullptr ? 0 : object_.fields->LineOf(path);
      if (line > 0) problem.origin.line = line;
      problem.resource = object_.key.ToString();
      problem.field_path = path;
      problem.reason = std::move(reason);
      problems_->push_back(std::move(problem));
    }
  }

 private:
  const manifest::Object& object_;
  std::vector<manifest::Problem>* const problems_;
  std::set<std::pair<std::string, std::string>> said_;
};

}  // namespace

void AppendProblems(const manifest::Object& object, const resolve::Verdict& verdict,
                    std::vector<manifest::Problem>* problems) {
  Collector collector(object, problems);
  collector.Add("", verdict.conditions);
  for (size_t i = 0; i < verdict.listeners.size(); ++i) {
    collector.Add(absl::StrCat("spec.listeners[", i, "]"), verdict.listeners[i].conditions);
  }
  for (const resolve::ParentVerdict& parent : verdict.parents) {
    collector.Add(absl::StrCat("spec.", RefsField(*object.body), "[", parent.index, "]"),
                  parent.conditions);
  }
}

}  // namespace sluice::status
